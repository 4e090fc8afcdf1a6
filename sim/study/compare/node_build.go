package compare

import (
	"time"

	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// A record is a record of the build cache. As buildkit does, the node holds each by a flat lease of its own.
type record struct {
	*Record
	namespace string
	key       string // of the snapshot
	unit      *unit
	claim     *claim
	lease     leases.Lease
	parents   []string // ID of the parent
	children  int
	builds    int // number of running builds that use it
	uses      int
	created   time.Time
	lastUsed  time.Time
}

// build begins a build. Without enough free space the build fails for good.
func (n *Node) build(b *Build) {
	if n.missingRecords(b) > n.free() {
		n.full++
		n.evict()
		if n.missingRecords(b) > n.free() {
			n.failed++
			return
		}
	}
	for _, r := range b.Records {
		made := n.records.get(r.ID)
		if made == nil {
			made = n.make(b, r)
		}
		made.builds++
		made.uses++
		made.lastUsed = n.Now()
		n.building[b] = append(n.building[b], made)
	}
}

// make creates a record: a snapshot whose parent is that of the parent record, under a lease of its own.
func (n *Node) make(b *Build, r *Record) *record {
	ctx, s := n.in(b.Namespace), n.engine.Snapshotter(n.snapshotter)
	made := &record{Record: r, namespace: b.Namespace, key: n.fresh(r.ID), created: n.Now(), unit: &unit{bytes: r.Size}}
	made.lease = n.lease(ctx, made.key, map[string]string{nodestate.FlatLabel: "true"})
	leased := leases.WithLease(ctx, made.key)
	parent := ""
	if r.Parent != nil {
		on := n.records.get(r.Parent.ID)
		on.children++
		parent, made.parents = on.key, []string{on.ID}
	}
	key := made.key
	if !r.Mutable {
		key = n.fresh("step")
	}
	_, err := s.Prepare(leased, key, parent)
	if err == nil && !r.Mutable {
		err = s.Commit(leased, made.key, key)
	}
	n.must("build", err)
	n.objects++
	n.records.set(r.ID, made)
	n.snapshots[n.snapshotAt(b.Namespace, made.key)] = made.unit
	n.ledger.put(made.unit)
	made.claim = n.ledger.claim("build cache of "+b.Project, byBuild, []*unit{made.unit})
	n.pulled += r.Size
	if n.hadRecord[r] {
		n.again += r.Size
	}
	n.hadRecord[r] = true
	return made
}

func (n *Node) missingRecords(b *Build) (bytes int64) {
	for _, r := range b.Records {
		if n.records.get(r.ID) == nil {
			bytes += r.Size
		}
	}
	return bytes
}

// built ends a build.
func (n *Node) built(b *Build) {
	for _, r := range n.building[b] {
		r.builds--
		r.lastUsed = n.Now()
	}
	delete(n.building, b)
	for _, r := range n.releases {
		r.afterBuild(n)
	}
}

// dropRecord evicts a build record.
func (n *Node) dropRecord(r *record) {
	n.endLease(n.in(r.namespace), r.lease)
	n.ledger.release(r.claim)
	if r.Parent != nil {
		n.records.get(r.Parent.ID).children--
	}
	n.records.remove(r.ID)
}
