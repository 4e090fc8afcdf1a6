package sim

import (
	"fmt"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// runContainer makes a container on a snapshot of an image, and later removes both.
func runContainer(a *actor) {
	h := engine.Header{NS: a.space()}
	image, snapshotter, id := a.image(), a.snapshotter(), a.fresh("container")
	create := op.SnapshotCreate{Snapshotter: snapshotter, Key: id, Parent: image.chain[len(image.chain)-1]}
	if !a.do(engine.Op{Name: op.SnapshotsPrepare, Header: h, Args: create}) {
		return
	}
	before := *a.collections
	c := containers.Container{ID: id, Image: image.name, Snapshotter: snapshotter, SnapshotKey: id, Spec: &message.Message{TypeUrl: "spec"}}
	c.Runtime.Name = "io.containerd.runc.v2"
	if !a.do(engine.Op{Name: op.ContainersCreate, Header: h, Args: op.ContainerRecord{Container: c}}) {
		if *a.collections > before {
			a.mark(SnapshotLostEarly)
		}
		return
	}
	for range a.IntN(6) {
		c.Labels = map[string]string{"state": a.world.name("state")}
		if a.oneIn(4) {
			c.Labels[gcLabel+"ref.content.checkpoint"] = string(a.blob().digest)
		}
		a.call(engine.Op{Name: op.ContainersUpdate, Header: h, Args: op.ContainerRecord{Container: c, Paths: []string{"labels"}}})
	}
	if a.givesUp() {
		return
	}
	a.call(engine.Op{Name: op.ContainersDelete, Header: h, Args: op.Identified{ID: id}})
	a.call(engine.Op{Name: op.SnapshotsRemove, Header: h, Args: op.Snapshot{Snapshotter: snapshotter, Key: id}})
}

// build makes snapshots and adds resources under a flat lease. Some snapshots outlive the lease.
func build(a *actor) {
	id := a.fresh("build")
	h := engine.Header{NS: a.space()}
	labels := map[string]string{gcLabel + "flat": "true"}
	if a.oneIn(2) {
		labels[gcLabel+"expire"] = a.in(10 * 3600e9)
	}
	if !a.do(engine.Op{Name: op.LeasesCreate, Header: h, Args: op.LeasesCreateArgs{ID: id, Labels: labels}}) {
		return
	}
	leased := engine.Header{NS: h.NS, Lease: &id}
	snapshotter, parent := a.snapshotter(), ""
	for range 1 + a.IntN(3) {
		key, name := a.fresh("step"), a.world.name("work")
		if !a.do(engine.Op{Name: op.SnapshotsPrepare, Header: leased, Args: op.SnapshotCreate{Snapshotter: snapshotter, Key: key, Parent: parent}}) {
			break
		}
		if !a.do(engine.Op{Name: op.SnapshotsCommit, Header: leased, Args: op.SnapshotsCommitArgs{Snapshotter: snapshotter, Name: name, Key: key}}) {
			break
		}
		parent = name
	}
	for range a.IntN(4) {
		r := leases.Resource{Type: "content", ID: string(a.blob().digest)}
		switch a.IntN(4) {
		case 0:
			r = leases.Resource{Type: "snapshots/" + snapshotter, ID: a.snapshot()}
		case 1:
			r = leases.Resource{Type: "images", ID: a.image().name}
		}
		o := engine.Op{Name: op.LeasesAddResource, Header: h, Args: op.LeaseResource{ID: id, Resource: r}}
		if a.do(o) && a.oneIn(3) {
			o.Name = op.LeasesDeleteResource
			a.call(o)
		}
	}
	if !a.oneIn(3) {
		a.call(engine.Op{Name: op.LeasesDelete, Header: h, Args: op.LeasesDeleteArgs{ID: id}})
	}
}

// tag makes an image or changes its target, deletes another, and reads a third.
func tag(a *actor) {
	h := engine.Header{NS: a.space()}
	image := images.Image{Name: a.world.name("tag"), Target: a.image().manifest.descriptor()}
	record := op.ImageRecord{Image: image}
	if a.call(engine.Op{Name: op.ImagesCreate, Header: h, Args: record}).Code == op.AlreadyExists {
		record.Paths = []string{"target"}
		a.call(engine.Op{Name: op.ImagesUpdate, Header: h, Args: record})
	}
	remove := op.ImagesDeleteArgs{Name: a.world.name("tag"), Sync: a.oneIn(3)}
	if a.oneIn(4) {
		target := a.image().manifest.descriptor()
		remove.Target = &target
	}
	a.call(engine.Op{Name: op.ImagesDelete, Header: h, Args: remove})
	a.call(engine.Op{Name: op.ImagesGet, Header: h, Args: op.Named{Name: a.world.name("tag")}})
}

// makeSandbox makes a sandbox that refers to an object, changes the reference, and removes a sandbox.
func makeSandbox(a *actor) {
	h := engine.Header{NS: a.space()}
	s := sandbox.Sandbox{ID: a.world.name("sandbox"), Labels: map[string]string{}}
	s.Runtime.Name = "pause"
	name, value := a.reference()
	s.Labels[name] = value
	a.call(engine.Op{Name: op.SandboxesCreate, Header: h, Args: op.SandboxRecord{Sandbox: s}})
	name, value = a.reference()
	s.Labels = map[string]string{name: value}
	a.call(engine.Op{Name: op.SandboxesUpdate, Header: h, Args: op.SandboxRecord{Sandbox: s, Paths: []string{"labels"}}})
	if !a.oneIn(3) {
		a.call(engine.Op{Name: op.SandboxesDelete, Header: h, Args: op.Identified{ID: a.world.name("sandbox")}})
	}
}

// reference draws a label that refers to a possible object.
func (w *world) reference() (name, value string) {
	switch w.IntN(6) {
	case 0:
		return gcLabel + "ref.snapshot." + w.snapshotter(), w.snapshot()
	case 1:
		return gcLabel + "ref.image.base", w.image().name
	case 2:
		return gcLabel + "ref." + streamLabel, w.name(streamLabel)
	}
	return gcLabel + "ref.content", string(w.blob().digest)
}

// label sets a label with a meaning for collections.
func label(a *actor) {
	h := engine.Header{NS: a.space()}
	if a.oneIn(4) {
		usedLately(a, h, a.snapshotter(), a.snapshot(), a.blob())
		return
	}
	name, value := a.gcLabel()
	labels, paths := map[string]string{name: value}, []string{"labels." + name}
	if a.oneIn(4) {
		labels, paths = map[string]string{}, []string{"labels"}
	}
	switch a.IntN(3) {
	case 0:
		info := content.Info{Digest: digest.Digest(a.blob().digest), Labels: labels}
		a.call(engine.Op{Name: op.ContentUpdate, Header: h, Args: op.ContentUpdateArgs{Info: info, Paths: paths}})
	case 1:
		info := snapshots.Info{Name: a.snapshot(), Labels: labels}
		a.call(engine.Op{Name: op.SnapshotsUpdate, Header: h, Args: op.SnapshotsUpdateArgs{Snapshotter: a.snapshotter(), Info: info, Paths: paths}})
	case 2:
		image := images.Image{Name: a.image().name, Labels: labels}
		a.call(engine.Op{Name: op.ImagesUpdate, Header: h, Args: op.ImageRecord{Image: image, Paths: paths}})
	}
}

// usedLately labels a snapshot with its time of use, and a blob with a condition that keeps the snapshot for some hours
// after that.
func usedLately(a *actor, h engine.Header, snapshotter, name string, by blob) {
	used, keeps := gcLabel+"cond.value-usedat", gcLabel+"cond.snapshot."+snapshotter
	s := snapshots.Info{Name: name, Labels: map[string]string{used: a.in(1 * 3600e9)}}
	if !a.do(engine.Op{Name: op.SnapshotsUpdate, Header: h, Args: op.SnapshotsUpdateArgs{Snapshotter: snapshotter, Info: s, Paths: []string{"labels." + used}}}) {
		return
	}
	b := content.Info{Digest: by.digest, Labels: map[string]string{keeps: fmt.Sprintf("usedat<%dh|%s", 1+a.IntN(20), name)}}
	a.call(engine.Op{Name: op.ContentUpdate, Header: h, Args: op.ContentUpdateArgs{Info: b, Paths: []string{"labels." + keeps}}})
}

// gcLabel draws one of the labels with a meaning for collections.
func (w *world) gcLabel() (name, value string) {
	switch w.IntN(9) {
	case 0:
		return gcLabel + "root", "yes"
	case 1:
		return gcLabel + "rootless", "yes"
	case 2:
		return gcLabel + "bref.image", w.image().name
	case 3:
		return gcLabel + "bref.content.index", string(w.blob().digest)
	case 4:
		return gcLabel + "bref.snapshot." + w.snapshotter(), w.snapshot()
	case 5:
		return gcLabel + "expire", w.in(10 * 3600e9)
	case 6:
		return gcLabel + "cond.snapshot." + w.snapshotter(), fmt.Sprintf("usedat%s%dh|%s", pick(w, []string{"<", ">"}), w.IntN(20), w.snapshot())
	case 7:
		return gcLabel + "cond.value-usedat", w.in(1 * 3600e9)
	}
	return w.reference()
}

// keepNamespaces makes a namespace and some records in it, and deletes a namespace.
func keepNamespaces(a *actor) {
	name := a.world.name("space")
	a.call(engine.Op{Name: op.NamespacesCreate, Args: op.NamespacesCreateArgs{Name: name, Labels: map[string]string{"owner": a.name}}})
	h := engine.Header{NS: name}
	if a.oneIn(2) {
		a.call(engine.Op{Name: op.LeasesCreate, Header: h, Args: op.LeasesCreateArgs{ID: a.world.name("lease")}})
	}
	if a.oneIn(3) {
		p := puller{a, name, a.image(), nil}
		for _, in := range p.open([]blob{a.blob()}) {
			a.call(engine.Op{Name: op.WritersClose, Args: op.Named{Name: in.writer}})
		}
	}
	if a.oneIn(4) {
		image := images.Image{Name: a.image().name, Target: a.image().manifest.descriptor()}
		a.call(engine.Op{Name: op.ImagesCreate, Header: h, Args: op.ImageRecord{Image: image}})
		if a.oneIn(2) {
			a.call(engine.Op{Name: op.ImagesDelete, Header: h, Args: op.ImagesDeleteArgs{Name: image.Name}})
		}
	}
	if r := a.call(engine.Op{Name: op.NamespacesDelete, Args: op.Named{Name: a.world.name("space")}}); r.Code == op.FailedPrecondition {
		a.mark(NamespaceNotEmpty)
	}
}

// prune deletes a random object, as an operator does on a full disk.
func prune(a *actor) {
	h := engine.Header{NS: a.space()}
	switch a.IntN(5) {
	case 0:
		a.call(engine.Op{Name: op.ImagesDelete, Header: h, Args: op.ImagesDeleteArgs{Name: a.image().name, Sync: a.oneIn(2)}})
	case 1:
		if a.oneIn(4) {
			a.call(engine.Op{Name: op.ContentDelete, Header: h, Args: op.Blob{Digest: a.blob().digest}})
		}
	case 2:
		a.call(engine.Op{Name: op.SnapshotsRemove, Header: h, Args: op.Snapshot{Snapshotter: a.snapshotter(), Key: a.snapshot()}})
	case 3:
		ingests, _ := a.call(engine.Op{Name: op.ContentListStatuses, Header: h}).Value.([]content.Status)
		if len(ingests) > 0 {
			a.call(engine.Op{Name: op.ContentAbort, Header: h, Args: op.Ingest{Ref: pick(a.world, ingests).Ref}})
		}
	case 4:
		a.call(engine.Op{Name: op.ImagesDelete, Header: h, Args: op.ImagesDeleteArgs{Name: a.world.name("imported")}})
	}
}
