package generate

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Sort is a set of sorts of Ops.
type Sort uint

const (
	Make     Sort = 1 << iota // create records, blobs and snapshots
	Change                    // update them
	Drop                      // delete them
	Read                      // read them
	Collect                   // collect garbage
	Time                      // advance the clock
	Rewind                    // set the clock back
	Cancel                    // make calls with a canceled context
	Fault                     // inject errors of backends and of the database
	Crash                     // crash and restart the daemon
	Turn                      // suspend calls, so that they overlap
	Isolate                   // forbid namespaces to share content
	Version                   // use the rules of older versions of containerd
	Transact                  // make calls in transactions that are rolled back
	Leak                      // leave data in backends in ways that containerd forgets (docs/upstream)
)

// Calm is the set of sorts that every system supports.
const Calm = Make | Change | Drop | Read | Collect

// A row is one kind of step.
type row struct {
	sort   Sort
	weight int
	draw   func(c Chance, m Model) []engine.Op // returns at least one Op; the others follow later
}

var rows = []row{
	{Make, 14, Chance.put},
	{Make, 8, Chance.layer},
	{Make, 8, call(op.ImagesCreate, Chance.image)},
	{Make, 4, call(op.SnapshotsPrepare, Chance.snapshotCreate)},
	{Make, 1, call(op.SnapshotsView, Chance.snapshotCreate)},
	{Make, 4, call(op.ContainersCreate, Chance.container)},
	{Make, 2, call(op.SandboxesCreate, Chance.sandbox)},
	{Make, 8, call(op.LeasesCreate, Chance.lease)},
	{Make, 8, call(op.LeasesAddResource, Chance.resource)},
	{Make, 1, call(op.NamespacesCreate, func(c Chance, m Model, ns string) any { return op.NamespacesCreateArgs{Name: ns} })},
	{Make, 2, func(c Chance, m Model) []engine.Op { return c.put(m)[:1] }}, // an upload that is begun and abandoned

	{Change, 5, call(op.ContentUpdate, Chance.contentUpdate)},
	{Change, 4, call(op.ImagesUpdate, Chance.imageUpdate)},
	{Change, 3, call(op.SnapshotsUpdate, Chance.snapshotUpdate)},
	{Change, 1, call(op.ContainersUpdate, Chance.containerUpdate)},
	{Change, 1, call(op.SandboxesUpdate, Chance.sandboxUpdate)},

	{Drop, 5, call(op.ImagesDelete, Chance.imageDelete)},
	{Drop, 2, call(op.ContainersDelete, func(c Chance, m Model, ns string) any {
		return op.Identified{ID: m.known(c, aContainer, ns, Containers).name}
	})},
	{Drop, 1, call(op.SandboxesDelete, func(c Chance, m Model, ns string) any {
		return op.Identified{ID: m.known(c, aSandbox, ns, Sandboxes).name}
	})},
	{Drop, 4, call(op.LeasesDelete, func(c Chance, m Model, ns string) any {
		return op.LeasesDeleteArgs{ID: m.known(c, aLease, ns, Leases).name}
	})},
	{Drop, 2, call(op.LeasesDeleteResource, Chance.resource)},
	{Drop, 2, call(op.ContentDelete, func(c Chance, m Model, ns string) any { return op.Blob{Digest: m.blob(c, ns)} })},
	{Drop, 2, call(op.ContentAbort, func(c Chance, m Model, ns string) any {
		return op.Ingest{Ref: m.known(c, anIngest, ns, Refs).name}
	})},
	{Drop, 3, call(op.SnapshotsRemove, func(c Chance, m Model, ns string) any { return c.snapshot(m, ns) })},
	{Drop, 1, call(op.NamespacesDelete, func(c Chance, m Model, ns string) any { return op.Named{Name: ns} })},

	{Read, 1, call(op.ContentInfo, func(c Chance, m Model, ns string) any { return op.Blob{Digest: m.blob(c, ns)} })},
	{Read, 1, call(op.ContentRead, func(c Chance, m Model, ns string) any { return op.ContentReadArgs{Digest: m.blob(c, ns)} })},
	{Read, 1, call(op.ImagesGet, func(c Chance, m Model, ns string) any {
		return op.Named{Name: m.known(c, anImage, ns, Images).name}
	})},
	{Read, 1, call(op.SnapshotsStat, func(c Chance, m Model, ns string) any { return c.snapshot(m, ns) })},

	{Collect, 10, world(op.Collect, func(Chance, Model) any { return nil })},
	{Time, 8, world(op.ClockAdvance, func(c Chance, m Model) any {
		by := c.Span()
		if m.sorts&Rewind == 0 {
			by = max(by, -by)
		}
		return op.ClockAdvanceArgs{By: by}
	})},
	{Crash, 3, world(op.NodeCrash, func(Chance, Model) any { return nil })},
	{Fault, 6, Chance.fault},
	{Fault, 3, world(op.FaultsClear, func(Chance, Model) any { return nil })},
	{Turn, 5, Chance.slow},
	{Turn, 12, world(op.CallsResume, oneOfTheLast)},
	{Turn, 2, world(op.CallsCancel, oneOfTheLast)},
}

// call draws a call in a namespace, sometimes under a lease.
func call(name op.Name, args func(c Chance, m Model, ns string) any) func(Chance, Model) []engine.Op {
	return func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return []engine.Op{{Name: name, Header: h, Args: args(c, m, h.NS)}}
	}
}

// world draws an Op on the whole node.
func world(name op.Name, args func(c Chance, m Model) any) func(Chance, Model) []engine.Op {
	return func(c Chance, m Model) []engine.Op { return []engine.Op{{Name: name, Args: args(c, m)}} }
}

// oneOfTheLast names a recent call, which may be suspended.
func oneOfTheLast(c Chance, m Model) any { return op.Named{Name: nth(max(m.calls-1-c.IntN(8), 0))} }

// weighted draws one of several values by weight.
func weighted[T any](c Chance, from []T, weight func(T) int) T {
	total := 0
	for _, one := range from {
		total += weight(one)
	}
	n := c.IntN(total)
	for _, one := range from {
		if n -= weight(one); n < 0 {
			return one
		}
	}
	panic("unreachable: the weights add up to the total")
}
