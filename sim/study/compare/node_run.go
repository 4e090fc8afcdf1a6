package compare

import (
	"slices"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A container runs, or waits for disk space.
type container struct {
	*Container
	image *image // nil while it waits
	layer *unit
	claim *claim
}

// run pulls the image of a container and runs it. Without disk space the container waits.
func (n *Node) run(c *Container) {
	made := &container{Container: c}
	n.containers[c] = made
	if n.begin(made) {
		return
	}
	n.full++
	n.evict()
	if !n.begin(made) {
		n.waiting = append(n.waiting, made)
	}
}

// begin runs a container if there is enough free space, and reports whether it does.
func (n *Node) begin(c *container) bool {
	i := n.images.get(c.Image.id())
	need := c.Written
	if i == nil || !n.unpacked(i) {
		need += n.missing(c.Image)
	}
	if need > n.free() {
		return false
	}
	if i == nil {
		i = n.pull(c.Image)
	} else if !n.unpacked(i) {
		n.complete(i)
	}
	ctx := n.in(c.Image.Namespace)
	chain := chainOf(i.Image)
	_, err := n.engine.Snapshotter(n.snapshotter).Prepare(ctx, c.ID, chain, snapshots.WithLabels(nil))
	n.must("container", err)
	record := containers.Container{
		ID: c.ID, Image: i.names()[0], Snapshotter: n.snapshotter, SnapshotKey: c.ID, Spec: &message.Message{TypeUrl: "spec"},
	}
	record.Runtime.Name = "io.containerd.runc.v2"
	_, err = n.engine.Containers().Create(ctx, record)
	n.must("container", err)
	n.objects += 2

	c.layer = &unit{bytes: c.Written}
	n.ledger.put(c.layer)
	units := []*unit{c.layer}
	for _, l := range i.Layers {
		units = append(units, n.snapshots[n.layerAt(i.Image, l)])
	}
	c.claim = n.ledger.claim("image "+i.Family, byContainer, units)
	c.image = i
	if i.users++; i.users == 1 {
		n.changed(i)
	}
	i.lastUsed = n.Now()
	n.ledger.changeKind(i.claim, byImageInUse)
	return true
}

// remove removes a container and its layer. The layer's bytes stay until a collection cleans the snapshotter.
func (n *Node) remove(of *Container) {
	c := n.containers[of]
	if c == nil {
		return
	}
	delete(n.containers, of)
	if c.image == nil {
		n.failed++
		n.waiting = slices.DeleteFunc(n.waiting, func(w *container) bool { return w == c })
		return
	}
	ctx := n.in(c.Image.Namespace)
	n.Deleting()
	n.must("container", n.engine.Containers().Delete(ctx, c.ID))
	n.objects--
	n.ledger.release(c.claim)
	if c.layer != nil { // otherwise it is from the database, and a collection removes its snapshot
		n.must("container", n.engine.Snapshotter(n.snapshotter).Remove(ctx, c.ID))
		n.objects--
		n.orphans = append(n.orphans, c.layer)
	}
	i := c.image
	i.lastUsed = n.Now()
	if i.users--; i.users == 0 {
		n.changed(i)
		n.ledger.changeKind(i.claim, byImage)
	}
}

// retry starts containers that wait for disk space, in the order of their arrival.
func (n *Node) retry() {
	n.waiting = slices.DeleteFunc(n.waiting, n.begin)
}

func chainOf(i *Image) string {
	if len(i.Layers) == 0 {
		return ""
	}
	return string(i.Layers[len(i.Layers)-1].Chain)
}
