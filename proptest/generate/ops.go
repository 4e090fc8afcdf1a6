package generate

import (
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Sort is what sort of Ops a history has. Sorts can be combined.
type Sort uint

const (
	Make    Sort = 1 << iota // records, blobs and snapshots are made
	Change                   // and changed
	Drop                     // and deleted
	Read                     // and asked for
	Collect                  // garbage is collected
	Time                     // time passes
	Rewind                   // or is set back
	Cancel                   // calls are made with a context that has ended
	Fault                    // backends and the database fail
	Crash                    // the daemon dies
	Turn                     // calls are left waiting, and overlap
	Isolate                  // namespaces may not share content
	Version                  // the rules may be those of an older containerd
)

// Calm is what every system can be confronted with.
const Calm = Make | Change | Drop | Read | Collect

// A row is one kind of step of a history.
type row struct {
	sort   Sort
	weight int
	draw   func(c Chance, m Model) []engine.Op // at least one; those after the first follow in the course of time
}

func one(op engine.Op) []engine.Op { return []engine.Op{op} }

var rows = []row{
	{Make, 14, Chance.put},
	{Make, 8, Chance.layer},
	{Make, 8, func(c Chance, m Model) []engine.Op { return one(c.imageOp(m, "images.create")) }},
	{Make, 4, func(c Chance, m Model) []engine.Op { return one(c.snapshotOp(m, "snapshots.prepare")) }},
	{Make, 1, func(c Chance, m Model) []engine.Op { return one(c.snapshotOp(m, "snapshots.view")) }},
	{Make, 4, func(c Chance, m Model) []engine.Op { return one(c.containerOp(m, "containers.create")) }},
	{Make, 2, func(c Chance, m Model) []engine.Op { return one(c.sandboxOp(m, "sandboxes.create")) }},
	{Make, 8, Chance.leaseCreate},
	{Make, 8, func(c Chance, m Model) []engine.Op { return one(c.resourceOp(m, "leases.addresource")) }},
	{Make, 1, func(c Chance, m Model) []engine.Op {
		return one(engine.Op{Name: "namespaces.create", Args: engine.NamespaceCreate{Name: c.Name(m.spaces)}})
	}},
	{Make, 2, func(c Chance, m Model) []engine.Op { return c.put(m)[:1] }},

	{Change, 5, Chance.contentUpdate},
	{Change, 4, func(c Chance, m Model) []engine.Op { return one(c.imageOp(m, "images.update")) }},
	{Change, 3, Chance.snapshotUpdate},
	{Change, 1, func(c Chance, m Model) []engine.Op { return one(c.containerOp(m, "containers.update")) }},
	{Change, 1, func(c Chance, m Model) []engine.Op { return one(c.sandboxOp(m, "sandboxes.update")) }},

	{Drop, 5, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "images.delete", Header: h, Args: engine.ImageDelete{Name: m.known(c, anImage, h.NS, Images).name}})
	}},
	{Drop, 2, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "containers.delete", Header: h, Args: engine.Identified{ID: m.known(c, aContainer, h.NS, Containers).name}})
	}},
	{Drop, 1, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "sandboxes.delete", Header: h, Args: engine.Identified{ID: m.known(c, aSandbox, h.NS, Sandboxes).name}})
	}},
	{Drop, 4, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "leases.delete", Header: h, Args: engine.LeaseDelete{ID: m.known(c, aLease, h.NS, Leases).name}})
	}},
	{Drop, 2, func(c Chance, m Model) []engine.Op { return one(c.resourceOp(m, "leases.deleteresource")) }},
	{Drop, 2, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "content.delete", Header: h, Args: engine.Blob{Digest: digest.Digest(m.blob(c, h.NS))}})
	}},
	{Drop, 2, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "content.abort", Header: h, Args: engine.Ingest{Ref: m.known(c, anIngest, h.NS, Refs).name}})
	}},
	{Drop, 3, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "snapshots.remove", Header: h, Args: c.snapshot(m, h.NS)})
	}},
	{Drop, 1, func(c Chance, m Model) []engine.Op {
		return one(engine.Op{Name: "namespaces.delete", Args: engine.Named{Name: c.Name(m.spaces)}})
	}},

	{Read, 1, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "content.info", Header: h, Args: engine.Blob{Digest: digest.Digest(m.blob(c, h.NS))}})
	}},
	{Read, 1, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "content.read", Header: h, Args: engine.BlobRead{Digest: digest.Digest(m.blob(c, h.NS))}})
	}},
	{Read, 1, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "images.get", Header: h, Args: engine.Named{Name: m.known(c, anImage, h.NS, Images).name}})
	}},
	{Read, 1, func(c Chance, m Model) []engine.Op {
		h := c.header(m)
		return one(engine.Op{Name: "snapshots.stat", Header: h, Args: c.snapshot(m, h.NS)})
	}},

	{Collect, 10, func(Chance, Model) []engine.Op { return one(engine.Op{Name: "collect"}) }},
	{Time, 8, func(c Chance, m Model) []engine.Op {
		by := c.Span()
		if m.sorts&Rewind == 0 {
			by = max(by, -by)
		}
		return one(engine.Op{Name: "clock.advance", Args: engine.ClockAdvance{By: by}})
	}},
	{Crash, 3, func(Chance, Model) []engine.Op { return one(engine.Op{Name: "node.crash"}) }},
	{Fault, 6, Chance.fault},
	{Fault, 3, func(Chance, Model) []engine.Op { return one(engine.Op{Name: "faults.clear"}) }},
	{Turn, 14, func(c Chance, m Model) []engine.Op {
		call := engine.Named{Name: nth(max(m.calls-1-c.IntN(8), 0))}
		return one(engine.Op{Name: Pick(c, "calls.resume", "calls.resume", "calls.resume", "calls.cancel"), Args: call})
	}},
}

// pickRow draws one of some rows by their weights.
func pickRow(c Chance, from []row) row {
	total := 0
	for _, r := range from {
		total += r.weight
	}
	n := c.IntN(total)
	for _, r := range from {
		if n -= r.weight; n < 0 {
			return r
		}
	}
	panic("unreachable: the weights add up to the total")
}

// header draws the namespace of a call, and the lease that it is made under.
func (c Chance) header(m Model) engine.Header {
	h := engine.Header{NS: c.Name(m.spaces)}
	if c.OneIn(4) {
		lease := m.known(c, aLease, h.NS, Leases).name
		h.Lease = &lease
	}
	return h
}

// put writes a blob as clients do, mostly.
func (c Chance) put(m Model) []engine.Op {
	h, data, writer := c.header(m), c.Name(Blobs), c.Name(Writers)
	if m.sorts&Turn != 0 {
		writer = nth(m.calls) // calls that open one of the same name at the same time would be none of a real client
	}
	dgst := DigestOf(data)
	open := engine.WriterOpen{Name: writer, Ref: c.Name(Refs)}
	if c.OneIn(3) {
		open.Desc = c.Descriptor(data)
	}
	commit := engine.WriterCommit{Name: writer, Expected: dgst, Labels: c.Labels(m.now)}
	if c.OneIn(4) {
		commit.Size = 1
	}
	ops := []engine.Op{{Name: "writers.open", Header: h, Args: open}}
	if open.Desc.Digest == "" || !c.OneIn(3) {
		ops = append(ops, engine.Op{Name: "writers.write", Header: h, Args: engine.WriterWrite{Name: writer, Data: []byte(data)}})
	}
	return append(ops,
		engine.Op{Name: "writers.commit", Header: h, Args: commit},
		engine.Op{Name: "writers.close", Header: h, Args: engine.Named{Name: writer}})
}

func (c Chance) imageOp(m Model, name string) engine.Op {
	h := c.header(m)
	image := images.Image{Name: c.Name(Images), Labels: c.Labels(m.now)}
	image.Target = ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.Digest(m.blob(c, h.NS)), Size: 1}
	a := engine.ImageRecord{Image: image}
	if name == "images.update" {
		a.Image.Name = m.known(c, anImage, h.NS, Images).name
		a.Paths = Pick(c, nil, []string{"target"}, []string{"labels"}, []string{"labels"})
	}
	return engine.Op{Name: name, Header: h, Args: a}
}

func (c Chance) containerOp(m Model, name string) engine.Op {
	h := c.header(m)
	a := engine.ContainerRecord{Container: NewContainer(c.Name(Containers))}
	a.Container.Labels = c.Labels(m.now)
	if s := c.snapshot(m, h.NS); name == "containers.create" && !c.OneIn(4) {
		a.Container.Snapshotter, a.Container.SnapshotKey = s.Snapshotter, s.Key
	}
	if name == "containers.update" {
		a.Container.ID, a.Paths = m.known(c, aContainer, h.NS, Containers).name, []string{"labels"}
	}
	return engine.Op{Name: name, Header: h, Args: a}
}

// NewContainer returns a container with all that a store asks of it.
func NewContainer(id string) containers.Container {
	return containers.Container{ID: id, Runtime: containers.RuntimeInfo{Name: "x"}, Spec: &anypb.Any{TypeUrl: "x"}}
}

func (c Chance) sandboxOp(m Model, name string) engine.Op {
	h := c.header(m)
	a := engine.SandboxRecord{Sandbox: sandbox.Sandbox{ID: c.Name(Sandboxes), Labels: c.Labels(m.now)}}
	a.Sandbox.Runtime.Name = "x"
	if name == "sandboxes.update" {
		a.Sandbox.ID, a.Paths = m.known(c, aSandbox, h.NS, Sandboxes).name, []string{"labels"}
	}
	return engine.Op{Name: name, Header: h, Args: a}
}

// snapshot names a snapshot, rather one that there is.
func (c Chance) snapshot(m Model, ns string) engine.Snapshot {
	p := m.known(c, Pick(c, anActive, aCommitted), ns, Keys)
	return engine.Snapshot{Snapshotter: p.snapshotter, Key: p.name}
}

func (c Chance) snapshotOp(m Model, name string) engine.Op {
	h := c.header(m)
	a := engine.SnapshotCreate{Snapshotter: Pick(c, "s", "s", "s", "t"), Key: c.Name(Keys), Labels: c.Labels(m.now)}
	if c.OneIn(5) {
		a.Labels = map[string]string{Prefix + "cond.value-usedat": timeValue(c, m.now)}
	}
	if some := m.madeIn(aCommitted, h.NS); len(some) > 0 && !c.OneIn(3) {
		p := Pick(c, some...)
		a.Snapshotter, a.Parent = p.snapshotter, p.name
	} else if c.OneIn(10) {
		a.Parent = c.Name(Keys)
	}
	return engine.Op{Name: name, Header: h, Args: a}
}

// layer makes a committed snapshot on another, as unpacking does.
func (c Chance) layer(m Model) []engine.Op {
	prepare := c.snapshotOp(m, "snapshots.prepare")
	a := prepare.Args.(engine.SnapshotCreate)
	commit := engine.SnapshotCommit{Snapshotter: a.Snapshotter, Name: c.Name(Keys), Key: a.Key, Labels: c.Labels(m.now)}
	return []engine.Op{prepare, {Name: "snapshots.commit", Header: prepare.Header, Args: commit}}
}

func (c Chance) snapshotUpdate(m Model) []engine.Op {
	h := c.header(m)
	s := c.snapshot(m, h.NS)
	a := engine.SnapshotUpdate{Snapshotter: s.Snapshotter, Info: snapshots.Info{Name: s.Key, Labels: c.Labels(m.now)}}
	return one(engine.Op{Name: "snapshots.update", Header: h, Args: a})
}

func (c Chance) contentUpdate(m Model) []engine.Op {
	h := c.header(m)
	a := engine.BlobUpdate{Info: content.Info{Digest: digest.Digest(m.blob(c, h.NS)), Labels: c.Labels(m.now)}}
	if key, value := c.label(m.now); c.OneIn(2) {
		a.Info.Labels, a.Paths = map[string]string{key: value}, []string{"labels." + key}
	}
	return one(engine.Op{Name: "content.update", Header: h, Args: a})
}

// leaseCreate makes a lease, often one that is flat or expires.
func (c Chance) leaseCreate(m Model) []engine.Op {
	labels := c.Labels(m.now)
	for _, l := range []struct{ key, value string }{{"flat", "x"}, {"expire", timeValue(c, m.now)}} {
		if c.OneIn(3) {
			if labels == nil {
				labels = map[string]string{}
			}
			labels[Prefix+l.key] = l.value
		}
	}
	return one(engine.Op{Name: "leases.create", Header: engine.Header{NS: c.Name(m.spaces)}, Args: engine.LeaseCreate{ID: c.Name(Leases), Labels: labels}})
}

// resourceOp has a lease hold something, or no longer: rather what there is, but any name will do.
func (c Chance) resourceOp(m Model, name string) engine.Op {
	ns := c.Name(m.spaces)
	var r leases.Resource
	switch c.IntN(8) {
	case 0:
		r = leases.Resource{Type: "images", ID: m.known(c, anImage, ns, Images).name}
	case 1:
		r = leases.Resource{Type: "ingests", ID: m.known(c, anIngest, ns, Refs).name}
	case 2, 3, 4:
		s := c.snapshot(m, ns)
		r = leases.Resource{Type: "snapshots/" + s.Snapshotter, ID: s.Key}
	default:
		r = leases.Resource{Type: "content", ID: m.blob(c, ns)}
	}
	lease := m.known(c, aLease, ns, Leases).name
	return engine.Op{Name: name, Header: engine.Header{NS: ns}, Args: engine.LeaseResource{ID: lease, Resource: r}}
}

// fault has something go wrong, soon. Calls that wait need turns, and a daemon that dies needs to be started again.
func (c Chance) fault(m Model) []engine.Op {
	f := engine.Fault{On: Pick(c, "content", "snapshots/s", "snapshots/t", "kv", "kv"), Nth: uint64(1 + c.IntN(4)), Times: uint64(1 + c.IntN(3)), After: c.OneIn(3)}
	kinds := []func(){func() { f.Error = "unavailable" }}
	if m.sorts&Crash != 0 {
		kinds = append(kinds, func() { f.Kill, f.Times = true, 1 })
	}
	if m.sorts&Turn != 0 {
		kinds = append(kinds, func() { f.Delay = Pick(c, spans[:2]...) }, func() { f.Hang, f.Times = true, 1 })
	}
	Pick(c, kinds...)()
	switch {
	case f.On == "kv":
		f.Call = Pick(c, "", "commit", "update")
	case c.OneIn(3):
		f.Call = Pick(c, "remove", "delete", "commit", "prepare", "writer")
	}
	ops := one(engine.Op{Name: "faults.set", Args: engine.FaultSet{Name: c.Name("yz"), Fault: f}})
	if f.Kill {
		ops = append(ops, engine.Op{Name: "node.crash"})
	}
	return ops
}
