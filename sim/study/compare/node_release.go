package compare

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// An evictionPolicy is a policy with its state on a node.
type evictionPolicy struct {
	policy policy.Policy
	rhythm policy.Rhythm
	ended  time.Time // time of its last call
	asked  bool      // it was called before
	due    bool      // a call after a build is scheduled
}

func (r *evictionPolicy) begin(n *Node) {
	switch {
	case r.rhythm.Start > 0:
		n.timers.at(n.Now().Add(r.rhythm.Start), func() { r.ask(n) })
	case r.rhythm.Every > 0:
		n.timers.at(n.Now().Add(r.rhythm.Every), func() { r.ask(n) })
	}
}

// afterBuild schedules a call of the policy after a build, at the earliest its pause after the last call.
func (r *evictionPolicy) afterBuild(n *Node) {
	if r.rhythm.AfterBuild == 0 || r.due {
		return
	}
	at := n.Now().Add(r.rhythm.AfterBuild)
	if pause := r.ended.Add(r.rhythm.Pause); r.asked && at.Before(pause) {
		at = pause
	}
	r.due = true
	n.timers.at(at, func() {
		r.due = false
		r.ask(n)
	})
}

// ask calls the policy, and schedules its next call.
func (r *evictionPolicy) ask(n *Node) {
	v := &view{Node: n, waits: r.policy.Name() != "ttl"}
	n.note(r.policy.Release(n.Now(), v)) // the policy retries at its usual time
	r.asked, r.ended = true, n.Now()
	if r.rhythm.Every > 0 {
		n.timers.at(n.Now().Add(r.rhythm.Every), func() { r.ask(n) })
	}
}

// An evicter is a policy that can evict all unused images when the disk is full.
type evicter interface {
	Evict(now time.Time, node policy.Node) error
}

// evict runs kubelet's eviction on a full disk.
func (n *Node) evict() {
	for _, r := range n.releases {
		if e, ok := r.policy.(evicter); ok {
			n.note(e.Evict(n.Now(), &view{Node: n, waits: true})) // the caller checks the free space
		}
	}
}

// note counts a call of a policy that freed fewer bytes than it needed.
func (n *Node) note(err error) {
	var short *policy.ShortError
	if errors.As(err, &short) {
		n.shorts++
		if short.Need-short.Freed > n.worst.Need-n.worst.Freed {
			n.worst = *short
		}
	}
}

// A view implements [policy.Node].
type view struct {
	*Node
	waits bool // the remover waits for the collection
}

var (
	_ policy.Lister  = (*view)(nil)
	_ policy.Tracker = (*view)(nil)
)

// Disk implements [policy.Node].
func (v *view) Disk() (capacity, free int64) { return v.disk, v.free() }

// Candidates implements [policy.Node].
func (v *view) Candidates() []policy.Candidate {
	list := make([]policy.Candidate, 0, v.images.len()+v.records.len())
	return v.AppendCandidates(v.AppendCandidates(list, policy.Image), policy.Build)
}

// AppendCandidates implements [policy.Lister].
func (v *view) AppendCandidates(list []policy.Candidate, kind policy.Kind) []policy.Candidate {
	now := v.Now()
	if kind == policy.Build {
		list = slices.Grow(list, v.records.len())
		for r := range v.records.all() {
			list = append(list, r.candidate(now))
		}
		return list
	}
	list = slices.Grow(list, v.images.len())
	for i := range v.images.all() {
		c := policy.Candidate{
			ID: i.id, Kind: policy.Image, Size: i.size, Names: i.recordNames,
			Created: i.created, LastUsed: i.lastUsed, Expire: i.expire, InUse: i.users > 0, Pinned: i.Pinned,
		}
		if c.InUse {
			c.LastUsed = now
		}
		list = append(list, c)
	}
	return list
}

// Changes implements [policy.Tracker].
func (v *view) Changes(since int) (list []policy.Change, mark int) {
	for _, id := range v.changes[since:] {
		i := v.images.get(id)
		list = append(list, policy.Change{ID: id, Gone: i == nil, InUse: i != nil && i.users > 0})
	}
	return list, len(v.changes)
}

func (r *record) candidate(now time.Time) policy.Candidate {
	c := policy.Candidate{
		ID: r.ID, Kind: policy.Build, Size: r.Size, Created: r.created, LastUsed: r.lastUsed, InUse: r.builds > 0,
		Record: policy.Record{
			Parents: r.parents, Type: policy.RecordType(r.Type), Uses: r.uses, Mutable: r.Mutable,
			Uncommitted: r.Type == string(policy.ExecCacheMount),
		},
	}
	if c.InUse {
		c.LastUsed = now
	}
	return c
}

// Remove implements [policy.Node].
func (v *view) Remove(id string) error {
	if err := v.refuses(id); err != nil {
		return err
	}
	if i := v.images.get(id); i != nil {
		v.removeImage(i)
		return v.err
	}
	r := v.records.get(id)
	switch {
	case r == nil:
		return fmt.Errorf("candidate %q: %w", id, errdefs.ErrNotFound)
	case r.children > 0 || r.builds > 0:
		return fmt.Errorf("build record %q: has children or is in use: %w", id, errdefs.ErrFailedPrecondition)
	}
	v.evicted++
	v.dropRecord(r)
	if v.waits {
		v.Trigger()
	}
	return v.err
}

// removeImage deletes the records of an image as CRI's RemoveImage does: the deletion of the last waits for a
// collection.
func (v *view) removeImage(i *image) {
	v.evicted++
	ctx := v.in(i.Namespace)
	for _, name := range i.names() {
		at := stored{i.Namespace, name}
		if v.recordOf[at] != i {
			continue // it has expired
		}
		v.Deleting()
		v.must("image", v.engine.Images().Delete(ctx, name))
		delete(v.recordOf, at)
		i.records--
		v.objects--
	}
	v.forget(i)
	if v.waits {
		v.Trigger()
		v.must("collection", v.Daemon.Pass(v.Now()))
	}
}
