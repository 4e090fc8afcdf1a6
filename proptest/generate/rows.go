package generate

import "github.com/holdfast-gc/holdfast/engine"

// A Sort is a set of sorts of Ops.
type Sort uint

const (
	Make    Sort = 1 << iota // create records, blobs and snapshots
	Change                   // update them
	Drop                     // delete them
	Read                     // read them
	Collect                  // collect garbage
	Time                     // advance the clock
	Rewind                   // set the clock back
	Cancel                   // make calls with a canceled context
	Fault                    // inject errors of backends and of the database
	Crash                    // crash and restart the daemon
	Turn                     // suspend calls, so that they overlap
	Isolate                  // forbid namespaces to share content
	Version                  // use the rules of older versions of containerd
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
	{Make, 8, call("images.create", Chance.image)},
	{Make, 4, call("snapshots.prepare", Chance.snapshotCreate)},
	{Make, 1, call("snapshots.view", Chance.snapshotCreate)},
	{Make, 4, call("containers.create", Chance.container)},
	{Make, 2, call("sandboxes.create", Chance.sandbox)},
	{Make, 8, call("leases.create", Chance.lease)},
	{Make, 8, call("leases.addresource", Chance.resource)},
	{Make, 1, call("namespaces.create", func(c Chance, m Model, ns string) any { return engine.NamespaceCreate{Name: ns} })},
	{Make, 2, func(c Chance, m Model) []engine.Op { return c.put(m)[:1] }}, // an upload that is begun and abandoned

	{Change, 5, call("content.update", Chance.contentUpdate)},
	{Change, 4, call("images.update", Chance.imageUpdate)},
	{Change, 3, call("snapshots.update", Chance.snapshotUpdate)},
	{Change, 1, call("containers.update", Chance.containerUpdate)},
	{Change, 1, call("sandboxes.update", Chance.sandboxUpdate)},

	{Drop, 5, call("images.delete", Chance.imageDelete)},
	{Drop, 2, call("containers.delete", func(c Chance, m Model, ns string) any {
		return engine.Identified{ID: m.known(c, aContainer, ns, Containers).name}
	})},
	{Drop, 1, call("sandboxes.delete", func(c Chance, m Model, ns string) any {
		return engine.Identified{ID: m.known(c, aSandbox, ns, Sandboxes).name}
	})},
	{Drop, 4, call("leases.delete", func(c Chance, m Model, ns string) any {
		return engine.LeaseDelete{ID: m.known(c, aLease, ns, Leases).name}
	})},
	{Drop, 2, call("leases.deleteresource", Chance.resource)},
	{Drop, 2, call("content.delete", func(c Chance, m Model, ns string) any { return engine.Blob{Digest: m.blob(c, ns)} })},
	{Drop, 2, call("content.abort", func(c Chance, m Model, ns string) any {
		return engine.Ingest{Ref: m.known(c, anIngest, ns, Refs).name}
	})},
	{Drop, 3, call("snapshots.remove", func(c Chance, m Model, ns string) any { return c.snapshot(m, ns) })},
	{Drop, 1, call("namespaces.delete", func(c Chance, m Model, ns string) any { return engine.Named{Name: ns} })},

	{Read, 1, call("content.info", func(c Chance, m Model, ns string) any { return engine.Blob{Digest: m.blob(c, ns)} })},
	{Read, 1, call("content.read", func(c Chance, m Model, ns string) any { return engine.BlobRead{Digest: m.blob(c, ns)} })},
	{Read, 1, call("images.get", func(c Chance, m Model, ns string) any {
		return engine.Named{Name: m.known(c, anImage, ns, Images).name}
	})},
	{Read, 1, call("snapshots.stat", func(c Chance, m Model, ns string) any { return c.snapshot(m, ns) })},

	{Collect, 10, world("collect", func(Chance, Model) any { return nil })},
	{Time, 8, world("clock.advance", func(c Chance, m Model) any {
		by := c.Span()
		if m.sorts&Rewind == 0 {
			by = max(by, -by)
		}
		return engine.ClockAdvance{By: by}
	})},
	{Crash, 3, world("node.crash", func(Chance, Model) any { return nil })},
	{Fault, 6, Chance.fault},
	{Fault, 3, world("faults.clear", func(Chance, Model) any { return nil })},
	{Turn, 5, Chance.slow},
	{Turn, 12, world("calls.resume", oneOfTheLast)},
	{Turn, 2, world("calls.cancel", oneOfTheLast)},
}

// call draws a call in a namespace, sometimes under a lease.
func call(name string, args func(c Chance, m Model, ns string) any) func(Chance, Model) []engine.Op {
	return func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return []engine.Op{{Name: name, Header: h, Args: args(c, m, h.NS)}}
	}
}

// world draws an Op on the whole node.
func world(name string, args func(c Chance, m Model) any) func(Chance, Model) []engine.Op {
	return func(c Chance, m Model) []engine.Op { return []engine.Op{{Name: name, Args: args(c, m)}} }
}

// oneOfTheLast names a recent call, which may be suspended.
func oneOfTheLast(c Chance, m Model) any { return engine.Named{Name: nth(max(m.calls-1-c.IntN(8), 0))} }

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
