package compare

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

const (
	// leaseTime is the lifetime of the lease with which containerd's client pulls (client/lease.go).
	leaseTime = 24 * time.Hour
)

// An image is an image present on the node.
type image struct {
	*Image
	id          string
	size        int64
	recordNames []string // as names returns them, made once
	claim       *claim
	users       int // its containers on the node
	created     time.Time
	lastUsed    time.Time
	expire      time.Time // zero: never
	records     int       // number of its image records
}

// missing returns the number of bytes that a pull would add.
func (n *Node) missing(i *Image) (bytes int64) {
	for _, b := range i.blobs() {
		if known := n.blobs[b.Digest]; known == nil || !known.on {
			bytes += b.Size
		}
	}
	for _, l := range i.Layers {
		if u := n.snapshots[n.layerAt(i, l)]; u == nil || !u.on {
			bytes += l.Unpacked
		}
	}
	return bytes
}

// pull pulls an image, for which there must be enough free space. In order, it creates a lease, the blobs, the image
// records, the snapshots, and the label by which the config holds the snapshots. See containerd's client.Pull and
// internal/cri/server/images.
func (n *Node) pull(i *Image) *image {
	ctx := n.in(i.Namespace)
	lease := n.lease(ctx, n.fresh("pull"), map[string]string{nodestate.ExpireLabel: n.Now().Add(leaseTime).Format(time.RFC3339)})
	leased := leases.WithLease(ctx, lease.ID)

	n.fetch(leased, i, i.blobs())
	made := n.known[i] // keeps its users: a container can outlive its image
	if made == nil {
		made = &image{Image: i, id: i.id(), size: i.Size(), recordNames: i.names()}
		n.known[i] = made
	}
	made.created, made.expire = n.Now(), time.Time{}
	labels := map[string]string{}
	if i.Expire > 0 {
		made.expire = n.Now().Add(i.Expire).Truncate(time.Second)
		labels[nodestate.ExpireLabel] = made.expire.Format(time.RFC3339)
	}
	if i.Pinned {
		labels[nodestate.PinnedLabel] = nodestate.Pinned
	}
	target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: i.Manifest.Digest, Size: i.Manifest.Size}
	for _, name := range i.names() {
		n.tag(leased, made, images.Image{Name: name, Target: target, Labels: labels})
	}
	n.unpack(leased, i)
	made.claim = n.ledger.claim("image "+i.Family, byImage, n.reach(i.Namespace, i.Manifest.Digest))
	if made.users > 0 {
		n.ledger.changeKind(made.claim, byImageInUse)
	}
	if !made.expire.IsZero() {
		n.expires(made.expire, made.claim)
	}
	n.images.set(made.id, made)
	n.changed(made)
	n.endLease(ctx, lease)
	return made
}

// tag creates an image record. If another image has a record of that name, the record moves to this image.
func (n *Node) tag(leased context.Context, i *image, record images.Image) {
	at := stored{i.Namespace, record.Name}
	var err error
	if old := n.recordOf[at]; old == nil {
		_, err = n.engine.Images().Create(leased, record)
		n.objects++
	} else {
		_, err = n.engine.Images().Update(leased, record)
		if old.records--; old.records == 0 {
			n.forget(old)
		}
	}
	n.must("image", err)
	n.recordOf[at] = i
	i.records++
}

// pullOnly pulls an image without running a container. Without enough free space the pull fails for good.
func (n *Node) pullOnly(i *Image) {
	if have := n.images.get(i.id()); have != nil {
		have.lastUsed = n.Now()
		return
	}
	if n.missing(i) > n.free() {
		n.full++
		n.evict()
		if n.missing(i) > n.free() {
			n.failed++
			return
		}
	}
	n.pull(i).lastUsed = n.Now()
}

// abandon begins to pull an image. The client dies after half of the layers.
func (n *Node) abandon(i *Image) {
	if n.images.get(i.id()) != nil || n.missing(i) > n.free() {
		return
	}
	ctx := n.in(i.Namespace)
	end := n.Now().Add(leaseTime).Truncate(time.Second)
	lease := n.lease(ctx, n.fresh("pull"), map[string]string{nodestate.ExpireLabel: end.Format(time.RFC3339)})
	blobs := i.blobs()[:(len(i.Layers)+1)/2]
	n.fetch(leases.WithLease(ctx, lease.ID), i, blobs)
	l := &pullLease{namespace: i.Namespace}
	for _, b := range blobs {
		l.blobs = append(l.blobs, b.Digest)
	}
	l.claim = n.ledger.claim("lease of an abandoned pull", byLease, n.reach(l.namespace, l.blobs...))
	n.leases = append(n.leases, l)
	n.expires(end, l.claim)
}

// expires ends a claim one nanosecond after the time of its expiry label.
func (n *Node) expires(at time.Time, c *claim) {
	n.timers.at(at.Add(1), func() {
		n.ledger.release(c)
		c.units = nil
		n.leases = slices.DeleteFunc(n.leases, func(l *pullLease) bool { return l.claim == c })
		n.Expired()
	})
}

func (n *Node) lease(ctx context.Context, id string, labels map[string]string) leases.Lease {
	l, err := n.engine.Leases().Create(ctx, func(l *leases.Lease) error {
		l.ID, l.Labels = id, labels
		return nil
	})
	n.must("lease", err)
	n.objects++
	return l
}

func (n *Node) endLease(ctx context.Context, l leases.Lease) {
	n.Deleting()
	n.must("lease", n.engine.Leases().Delete(ctx, l))
	n.objects--
}

// fetch adds blobs of an image.
func (n *Node) fetch(leased context.Context, i *Image, blobs []Blob) {
	for _, b := range blobs {
		n.blob(leased, i, b)
	}
}

// unpacked reports whether an image can run without unpacking. An image from a database may not be unpacked.
func (n *Node) unpacked(i *image) bool {
	return !slices.ContainsFunc(i.Layers, func(l Layer) bool { return n.snapshots[n.layerAt(i.Image, l)] == nil })
}

// complete pulls the missing blobs of an image and unpacks it.
func (n *Node) complete(i *image) {
	ctx := n.in(i.Namespace)
	lease := n.lease(ctx, n.fresh("unpack"), nil)
	leased := leases.WithLease(ctx, lease.ID)
	n.fetch(leased, i.Image, i.blobs())
	n.unpack(leased, i.Image)
	n.ledger.replace(i.claim, n.reach(i.Namespace, i.Manifest.Digest))
	n.endLease(ctx, lease)
}

// blob adds a blob to a namespace, held by the lease, and sets the labels of a manifest. A blob that another namespace
// has is not pulled again.
func (n *Node) blob(leased context.Context, i *Image, b Blob) {
	known := n.blobs[b.Digest]
	if known == nil {
		known = &blob{unit: unit{bytes: b.Size}}
		n.blobs[b.Digest] = known
	}
	if !known.on {
		n.engine.ContentBackend().Place(content.Info{Digest: b.Digest, Size: b.Size, CreatedAt: n.Now(), UpdatedAt: n.Now()})
		n.ledger.put(&known.unit)
		n.pulled += b.Size
		if n.had[b.Digest] {
			n.again += b.Size
		}
		n.had[b.Digest] = true
	}
	w, err := n.engine.Content().Writer(leased, content.WithRef("layer-"+string(b.Digest)),
		content.WithDescriptor(ocispec.Descriptor{Digest: b.Digest, Size: b.Size}))
	at := stored{i.Namespace, string(b.Digest)}
	labels, refs := i.labels(b)
	if errdefs.IsAlreadyExists(err) {
		if record := n.stored[at]; !slices.Equal(record.blobs, refs) && len(refs) > 0 {
			n.relabel(leased, i.Namespace, b.Digest, labels)
			record.blobs = refs
			n.reclaim(i.Namespace, record)
		}
		return
	}
	if err == nil {
		err = w.Commit(leased, b.Size, b.Digest, content.WithLabels(labels))
		w.Close()
	}
	n.must("blob", err)
	n.stored[at] = &blobRecord{blob: known, blobs: refs}
	known.records++
	n.objects++
}

// relabel sets labels of a blob.
func (n *Node) relabel(ctx context.Context, namespace string, blob digest.Digest, labels map[string]string) {
	var fields []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		fields = append(fields, "labels."+key)
	}
	_, err := n.engine.Content().Update(ctx, content.Info{Digest: blob, Labels: labels}, fields...)
	n.must("labels", err)
}

// reach returns the units that a holder of some blobs holds, by the labels of the blobs.
func (n *Node) reach(namespace string, blobs ...digest.Digest) (units []*unit) {
	seen := map[*unit]bool{}
	for todo := slices.Clone(blobs); len(todo) > 0; {
		record := n.stored[stored{namespace, string(todo[0])}]
		todo = todo[1:]
		if record == nil || seen[&record.unit] {
			continue
		}
		seen[&record.unit] = true
		units = append(units, &record.unit)
		for _, u := range record.snapshots {
			if !seen[u] {
				seen[u] = true
				units = append(units, u)
			}
		}
		todo = append(todo, record.blobs...)
	}
	return units
}

// reclaim updates the claims of all holders of a blob after its labels changed. On a node from a database it does
// nothing: the labels of older blobs are unknown there, and [Node.reconcile] assigns the remaining objects.
func (n *Node) reclaim(namespace string, record *blobRecord) {
	if n.restored {
		return
	}
	update := func(c *claim, roots ...digest.Digest) {
		if c != nil && slices.Contains(c.units, &record.unit) {
			n.ledger.replace(c, n.reach(namespace, roots...))
		}
	}
	for i := range n.images.all() {
		if i.Namespace == namespace {
			update(i.claim, i.Manifest.Digest)
		}
	}
	for _, l := range n.leases {
		if l.namespace == namespace {
			update(l.claim, l.blobs...)
		}
	}
}

// unpack creates the snapshots of an image, and the label by which its config holds them.
func (n *Node) unpack(leased context.Context, i *Image) {
	var units []*unit
	s := n.engine.Snapshotter(n.snapshotter)
	parent := ""
	for _, l := range i.Layers {
		at := n.layerAt(i, l)
		if n.snapshots[at] == nil {
			key := n.fresh("extract")
			_, err := s.Prepare(leased, key, parent, snapshots.WithLabels(map[string]string{snapshots.LabelSnapshotRef: string(l.Chain)}))
			if err == nil {
				err = s.Commit(leased, string(l.Chain), key)
			}
			n.must("snapshot", err)
			u := &unit{bytes: l.Unpacked}
			n.snapshots[at] = u
			n.ledger.put(u)
			n.objects++
		}
		units = append(units, n.snapshots[at])
		parent = string(l.Chain)
	}
	config := n.stored[stored{i.Namespace, string(i.Config.Digest)}]
	if config == nil || slices.Equal(config.snapshots, units) {
		return
	}
	n.relabel(leased, i.Namespace, i.Config.Digest, map[string]string{nodestate.RefLabel + "snapshot." + n.snapshotter: parent})
	config.snapshots = units
	n.reclaim(i.Namespace, config)
}

// layerAt returns the key of a layer's snapshot.
func (n *Node) layerAt(i *Image, l Layer) stored { return n.snapshotAt(i.Namespace, string(l.Chain)) }

func (n *Node) snapshotAt(namespace, key string) stored {
	return stored{namespace, n.snapshotter + "/" + key}
}

// blobs returns the blobs of an image, in the order in which a client commits them.
func (i *Image) blobs() (list []Blob) {
	for _, l := range i.Layers {
		list = append(list, l.Blob)
	}
	if i.Config.Digest != "" {
		list = append(list, i.Config)
	}
	return append(list, i.Manifest)
}

// labels returns the labels that a client sets on a manifest for the garbage collector, and the blobs to which they
// refer; nil for other blobs.
func (i *Image) labels(b Blob) (labels map[string]string, refs []digest.Digest) {
	if b.Digest != i.Manifest.Digest {
		return nil, nil
	}
	labels = map[string]string{}
	if i.Config.Digest != "" {
		labels[nodestate.RefLabel+"content.config"] = string(i.Config.Digest)
		refs = append(refs, i.Config.Digest)
	}
	for at, l := range i.Layers {
		labels[fmt.Sprint(nodestate.RefLabel, "content.l.", at)] = string(l.Digest)
		refs = append(refs, l.Digest)
	}
	return labels, refs
}
