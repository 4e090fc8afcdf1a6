package generate

import (
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// header draws the namespace and the lease of a call.
func (c Chance) header(m Model) engine.Header {
	h := engine.Header{NS: c.Name(m.spaces)}
	if c.OneIn(4) {
		lease := m.known(c, aLease, h.NS, Leases).name
		h.Lease = &lease
	}
	return h
}

// put writes a blob as clients do, with variations.
func (c Chance) put(m Model) []engine.Op {
	h, data, writer := c.header(m), c.Name(Blobs), c.Name(Writers)
	if m.sorts&Turn != 0 {
		writer = nth(m.calls) // real clients do not open writers of one name at the same time
	}
	open := op.WritersOpenArgs{Name: writer, Ref: c.Name(Refs)}
	if c.OneIn(3) {
		open.Desc = c.Descriptor(data)
	}
	commit := op.WritersCommitArgs{Name: writer, Expected: DigestOf(data), Labels: c.Labels(m.now)}
	if c.OneIn(4) {
		commit.Size = 1
	}
	ops := []engine.Op{{Name: op.WritersOpen, Header: h, Args: open}}
	if open.Desc.Digest == "" || !c.OneIn(3) {
		ops = append(ops, engine.Op{Name: op.WritersWrite, Header: h, Args: op.WritersWriteArgs{Name: writer, Data: []byte(data)}})
	}
	return append(ops,
		engine.Op{Name: op.WritersCommit, Header: h, Args: commit},
		engine.Op{Name: op.WritersClose, Header: h, Args: op.Named{Name: writer}})
}

func (c Chance) image(m Model, ns string) any {
	target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: m.blob(c, ns), Size: 1}
	return op.ImageRecord{Image: images.Image{Name: c.Name(Images), Target: target, Labels: c.Labels(m.now)}}
}

func (c Chance) imageUpdate(m Model, ns string) any {
	a := c.image(m, ns).(op.ImageRecord)
	a.Image.Name = m.known(c, anImage, ns, Images).name
	a.Paths = Pick(c, nil, []string{"target"}, []string{"labels"}, []string{"labels"})
	return a
}

// imageDelete draws the deletion of an image, sometimes with a target that must match.
func (c Chance) imageDelete(m Model, ns string) any {
	a := op.ImagesDeleteArgs{Name: m.known(c, anImage, ns, Images).name}
	if c.OneIn(4) {
		a.Target = &ocispec.Descriptor{Digest: m.blob(c, ns)}
	}
	return a
}

func (c Chance) container(m Model, ns string) any {
	a := op.ContainerRecord{Container: NewContainer(c.Name(Containers))}
	a.Container.Labels = c.Labels(m.now)
	if c.OneIn(3) {
		a.Container.Image = m.known(c, anImage, ns, Images).name
	}
	if s := c.snapshot(m, ns); !c.OneIn(4) {
		a.Container.Snapshotter, a.Container.SnapshotKey = s.Snapshotter, s.Key
	}
	return a
}

func (c Chance) containerUpdate(m Model, ns string) any {
	a := op.ContainerRecord{Container: NewContainer(m.known(c, aContainer, ns, Containers).name), Paths: []string{"labels"}}
	a.Container.Labels = c.Labels(m.now)
	return a
}

// NewContainer returns a container with all mandatory fields.
func NewContainer(id string) containers.Container {
	return containers.Container{ID: id, Runtime: containers.RuntimeInfo{Name: "x"}, Spec: &anypb.Any{TypeUrl: "x"}}
}

func (c Chance) sandbox(m Model, _ string) any {
	return NewSandbox(c.Name(Sandboxes), c.Labels(m.now))
}

// NewSandbox returns a sandbox with all mandatory fields.
func NewSandbox(id string, labels map[string]string) op.SandboxRecord {
	a := op.SandboxRecord{Sandbox: sandbox.Sandbox{ID: id, Labels: labels}}
	a.Sandbox.Runtime.Name = "x"
	return a
}

func (c Chance) sandboxUpdate(m Model, ns string) any {
	a := c.sandbox(m, ns).(op.SandboxRecord)
	a.Sandbox.ID, a.Paths = m.known(c, aSandbox, ns, Sandboxes).name, []string{"labels"}
	return a
}

// snapshot draws a snapshot, preferably an existing one.
func (c Chance) snapshot(m Model, ns string) op.Snapshot {
	p := m.known(c, Pick(c, anActive, aCommitted), ns, Keys)
	return op.Snapshot{Snapshotter: p.snapshotter, Key: p.name}
}

// snapshotCreate draws an active snapshot or a view, preferably on an existing parent.
func (c Chance) snapshotCreate(m Model, ns string) any {
	a := op.SnapshotCreate{Snapshotter: Pick(c, "s", "s", "s", "t"), Key: c.Name(Keys), Labels: c.Labels(m.now)}
	if c.OneIn(5) {
		a.Labels = map[string]string{Prefix + "cond.value-usedat": timeValue(c, m.now)}
	}
	if some := m.madeIn(aCommitted, ns); len(some) > 0 && !c.OneIn(3) {
		p := Pick(c, some...)
		a.Snapshotter, a.Parent = p.snapshotter, p.name
	} else if c.OneIn(10) {
		a.Parent = c.Name(Keys)
	}
	return a
}

// layer prepares and commits a snapshot, as unpacking does.
func (c Chance) layer(m Model) []engine.Op {
	h := c.header(m)
	a := c.snapshotCreate(m, h.NS).(op.SnapshotCreate)
	commit := op.SnapshotsCommitArgs{Snapshotter: a.Snapshotter, Name: c.Name(Keys), Key: a.Key, Labels: c.Labels(m.now)}
	return []engine.Op{{Name: op.SnapshotsPrepare, Header: h, Args: a}, {Name: op.SnapshotsCommit, Header: h, Args: commit}}
}

func (c Chance) snapshotUpdate(m Model, ns string) any {
	s := c.snapshot(m, ns)
	return op.SnapshotsUpdateArgs{Snapshotter: s.Snapshotter, Info: snapshots.Info{Name: s.Key, Labels: c.Labels(m.now)}}
}

func (c Chance) contentUpdate(m Model, ns string) any {
	a := op.ContentUpdateArgs{Info: content.Info{Digest: m.blob(c, ns), Labels: c.Labels(m.now)}}
	if key, value := c.label(m.now); c.OneIn(2) {
		a.Info.Labels, a.Paths = map[string]string{key: value}, []string{"labels." + key}
	}
	return a
}

// lease draws a lease, often flat or with an expiry.
func (c Chance) lease(m Model, _ string) any {
	labels := c.Labels(m.now)
	for _, l := range []struct{ key, value string }{{"flat", "x"}, {"expire", timeValue(c, m.now)}} {
		if c.OneIn(3) {
			if labels == nil {
				labels = map[string]string{}
			}
			labels[Prefix+l.key] = l.value
		}
	}
	return op.LeasesCreateArgs{ID: c.Name(Leases), Labels: labels}
}

// resource draws a resource to add to a lease, or to remove from it, preferably an existing one.
func (c Chance) resource(m Model, ns string) any {
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
		r = leases.Resource{Type: "content", ID: string(m.blob(c, ns))}
	}
	return op.LeaseResource{ID: m.known(c, aLease, ns, Leases).name, Resource: r}
}

// fault draws a fault. Delays and hangs need the sort Turn. A killed daemon is restarted, which needs the sort Crash.
func (c Chance) fault(m Model) []engine.Op {
	f := engine.Fault{On: Pick(c, "content", "snapshots/s", "snapshots/t", "kv", "kv"), Nth: uint64(1 + c.IntN(4)), Times: uint64(1 + c.IntN(3)), After: c.OneIn(3)}
	kinds := []func(){func() { f.Error = op.Unavailable }}
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
	ops := []engine.Op{{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: c.Name("yz"), Fault: f}}}
	if f.Kill {
		ops = append(ops, engine.Op{Name: op.NodeCrash})
	}
	return ops
}

// slow draws a delay of a backend or of the database, so that calls overlap.
func (c Chance) slow(Model) []engine.Op {
	f := engine.Fault{On: Pick(c, "content", "snapshots/s", "kv", "kv"), Nth: uint64(c.IntN(3)), Times: uint64(2 + c.IntN(4)), After: c.OneIn(2), Delay: time.Second}
	return []engine.Op{{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: c.Name("yz"), Fault: f}}}
}
