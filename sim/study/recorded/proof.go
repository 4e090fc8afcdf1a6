package recorded

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// addCommits adds the events that 1.6 does not send: the commits of blobs that the copies have.
func (i *interpreter) addCommits() error {
	if i.summary.TellsBlobs {
		return nil
	}
	type commit struct {
		at
		time int64
	}
	seen := map[commit]bool{}
	for _, c := range i.copies {
		for _, ns := range slices.Sorted(maps.Keys(c.blobs)) {
			for _, key := range c.blobs.keys(ns) {
				info, err := c.blob(ns, key)
				if err != nil {
					return err
				}
				id := commit{at{ns, key}, info.CreatedAt.UnixNano()}
				if seen[id] || info.CreatedAt.Before(*i.trace.Setup.Start) || info.CreatedAt.After(c.at) {
					continue
				}
				seen[id] = true
				body := &Blob{Digest: info.Digest, Size: info.Size}
				i.events = append(i.events, Event{Time: info.CreatedAt.UTC(), Namespace: ns, Topic: "/content/create", Body: body})
			}
		}
	}
	slices.SortStableFunc(i.events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return nil
}

// blob returns the record of a blob.
func (c *copied) blob(ns, key string) (content.Info, error) {
	return c.node.Content().Info(namespaces.WithNamespace(context.Background(), ns), digest.Digest(key))
}

// snapshot returns the record of a snapshot.
func (c *copied) snapshot(ns, snapshotter, key string) (snapshots.Info, error) {
	return c.node.Snapshotter(snapshotter).Stat(namespaces.WithNamespace(context.Background(), ns), key)
}

// prove finds the events that a copy proves: after it the object did not change until the copy, which has it.
func (i *interpreter) prove() {
	i.proofs = map[int]*copied{}
	last := map[string]int{}
	n := 0
	for _, c := range i.copies {
		for ; n < len(i.events) && !i.events[n].Time.After(c.at); n++ {
			for _, t := range touches(i.events[n]) {
				delete(last, t.node)
				if t.exists {
					last[t.node] = n
				}
			}
		}
		for node, event := range last {
			if _, has := c.nodes[node]; has && i.proofs[event] == nil {
				i.proofs[event] = c
			}
		}
	}
}

// next returns the first copy after a time; nil for none.
func (i *interpreter) next(after time.Time) *copied {
	for _, c := range i.copies {
		if c.at.After(after) {
			return c
		}
	}
	return nil
}

// own finds pulls with leases that copies show. If other leases hold all blobs of a pull without image records, it has
// no lease of its own. A pull during which a copy was made goes on under the lease that holds its blobs then.
func (i *interpreter) own() {
	for _, p := range i.all {
		mine, others := map[string]bool{}, 0
		for _, n := range p.blobs {
			mine[string(i.events[n].Body.(*Blob).Digest)] = true
			if _, held := i.holder(n); held {
				others++
			}
		}
		if p.images == 0 && others > 0 && others == len(p.blobs) {
			p.leased = false
		}
		for _, n := range p.blobs {
			ns, c := i.events[n].Namespace, i.proofs[n]
			id, held := i.holder(n)
			if p.leased && held && c.at.Before(p.lastTime) && !c.holds(ns, id, func(digest string) bool { return !mine[digest] }) {
				p.own, p.ownSince = id, c.at
				break
			}
		}
	}
}

// holder returns the lease that holds the object of an event, according to a copy that proves the event.
func (i *interpreter) holder(event int) (lease string, ok bool) {
	c := i.proofs[event]
	if c == nil {
		return "", false
	}
	e := i.events[event]
	var r leases.Resource
	switch b := e.Body.(type) {
	case *Blob:
		r = leases.Resource{ID: string(b.Digest), Type: contentType}
	case *Snapshot:
		r = leases.Resource{ID: cmp.Or(b.Name, b.Key), Type: "snapshots/" + b.Snapshotter}
	}
	lease, ok = c.holders[holding{e.Namespace, r}]
	return lease, ok
}

// contentType is the type of a lease's resource that is a blob.
const contentType = "content"

// holds reports whether a lease holds a blob for which a condition is true.
func (c *copied) holds(ns, lease string, is func(digest string) bool) bool {
	held, err := c.node.Leases().ListResources(namespaces.WithNamespace(context.Background(), ns), leases.Lease{ID: lease})
	return err == nil && slices.ContainsFunc(held, func(r leases.Resource) bool { return r.Type == contentType && is(r.ID) })
}

// early returns the labels that a proven blob had at its commit. Later updates set labels of the collector other than
// references to content, which clients derive from the blob itself.
func early(real content.Info) map[string]string {
	labels := maps.Clone(real.Labels)
	if real.UpdatedAt.After(real.CreatedAt) {
		maps.DeleteFunc(labels, func(key, _ string) bool {
			return strings.HasPrefix(key, nodestate.GCPrefix) && !strings.HasPrefix(key, nodestate.RefLabel+"content")
		})
	}
	return labels
}

// facts returns steps that have no events, at the times that the copies have: the creation of leases, and the last
// update of the labels of blobs and snapshots. Errors: those of the databases.
func (i *interpreter) facts() (steps []Step, err error) {
	seen := map[at]time.Time{}
	for _, c := range i.copies {
		for _, where := range slices.SortedFunc(maps.Keys(c.leases), at.compare) {
			l := c.leases[where]
			if l.CreatedAt.Before(*i.trace.Setup.Start) || l.CreatedAt.After(c.at) || seen[where].Equal(l.CreatedAt) {
				continue
			}
			seen[where] = l.CreatedAt
			create := engine.Op{Name: op.LeasesCreate, Header: engine.Header{NS: where.namespace}, Args: op.LeasesCreateArgs{ID: l.ID, Labels: l.Labels}}
			steps = append(steps, Step{At: l.CreatedAt.UTC(), Op: create})
		}
	}
	for _, n := range slices.Sorted(maps.Keys(i.proofs)) {
		e, c := i.events[n], i.proofs[n]
		s := Step{Op: engine.Op{Header: engine.Header{NS: e.Namespace}}}
		switch b := e.Body.(type) {
		case *Blob:
			real, err := c.blob(e.Namespace, string(b.Digest))
			if err != nil {
				return nil, err
			}
			info := content.Info{Digest: b.Digest, Labels: i.withRoot(real.Labels, i.tellsBlobRemovals())}
			s.At, s.Op.Name, s.Op.Args = real.UpdatedAt, op.ContentUpdate, op.ContentUpdateArgs{Info: info, Paths: []string{"labels"}}
		case *Snapshot:
			real, err := c.snapshot(e.Namespace, b.Snapshotter, cmp.Or(b.Name, b.Key))
			if err != nil {
				return nil, err
			}
			info := snapshots.Info{Name: real.Name, Labels: i.withRoot(real.Labels, i.summary.TellsRemovals)}
			s.At, s.Op.Name = real.Updated, op.SnapshotsUpdate
			s.Op.Args = op.SnapshotsUpdateArgs{Snapshotter: b.Snapshotter, Info: info, Paths: []string{"labels"}}
		}
		if s.At.After(e.Time) && !s.At.After(c.at) {
			s.At = s.At.UTC()
			steps = append(steps, s)
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return steps, nil
}
