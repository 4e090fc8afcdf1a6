package recorded

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// begin begins a pull: it creates the lease, and a synthetic target for the image records of a pull without blobs.
func (i *interpreter) begin(p *pull) {
	if p.images > 0 {
		i.summary.Pulls++
	} else {
		i.summary.Abandoned++
	}
	leases := &i.summary.Confidence.Leases
	switch {
	case !p.leased:
		leases.Certain++
	case p.images > 0 || i.next(i.events[p.last].Time) != nil:
		leases.Likely++
	default:
		leases.Guessed++
	}
	if p.leased {
		i.lease(i.pullLease(p))
	}
	if p.images > 0 && len(i.held(p.version, i.now.Namespace)) == 0 {
		p.standIn = digest.FromString(fmt.Sprint("the target of pull ", p.number))
		i.commit(i.here(i.pullLease(p)), content.Info{Digest: p.standIn, Size: 1, Labels: i.references(p.alone())})
	}
}

// end ends a pull. From then on its image records hold its content. A pull with content but without image records
// leaves its lease behind.
func (i *interpreter) end(p *pull) {
	if holder := i.config(p); holder != "" && len(p.made) > 0 && !i.labelsKnown(holder) {
		info := content.Info{Digest: holder, Labels: map[string]string{}}
		for n, top := range p.tops() {
			name, key, _ := strings.Cut(top, "/")
			label := nodestate.RefLabel + "snapshot." + name
			if n > 0 {
				label += fmt.Sprint("/", n)
			}
			info.Labels[label] = key
		}
		var paths []string
		for _, label := range slices.Sorted(maps.Keys(info.Labels)) {
			paths = append(paths, "labels."+label)
		}
		i.add(i.here(i.pullLease(p)), op.ContentUpdate, op.ContentUpdateArgs{Info: info, Paths: paths})
	}
	if i.ended(p) {
		i.release(i.pullLease(p))
	}
}

// ended reports whether the lease of a pull ended with it: its image records show that, or the next copy lacks the
// lease.
func (i *interpreter) ended(p *pull) bool {
	next := i.next(i.now.Time)
	switch {
	case !p.leased:
		return false
	case next == nil:
		return p.images > 0 || len(p.blobs) == 0
	default:
		_, open := next.leases[at{i.now.Namespace, p.own}]
		return !open
	}
}

// labelsKnown reports whether a copy proves that the labels of a blob did not change since now.
func (i *interpreter) labelsKnown(d digest.Digest) bool {
	ns := i.now.Namespace
	b := i.blobs[ns][string(d)]
	if b == nil || i.proofs[b.made] == nil || i.proofs[b.made].at.Before(i.now.Time) {
		return false
	}
	real, err := i.proofs[b.made].blob(ns, string(d))
	return err == nil && !real.UpdatedAt.After(i.now.Time)
}

// alone returns the version of an image that consists of a pull without blobs.
func (p *pull) alone() *version {
	v := &version{}
	for _, b := range p.bottoms {
		v.bottoms.add(b)
	}
	return v
}

// pullLease returns the name of the lease of a pull now; "" if it has none of its own.
func (i *interpreter) pullLease(p *pull) string {
	switch {
	case p.own != "" && i.now.Time.After(p.ownSince):
		return p.own
	case !p.leased:
		return ""
	}
	return leaseName("pull", p.number)
}

// config returns the blob of a pull that holds its snapshots; "" for none.
func (i *interpreter) config(p *pull) digest.Digest {
	if held := i.held(p.version, i.now.Namespace); len(held) > 0 {
		return held[min(1, len(held)-1)]
	}
	return p.standIn
}

// references returns the labels by which the target of a version holds its content: the config, then layers. The first
// layers are those that the node already had, as far as they are known from a database.
func (i *interpreter) references(v *version) map[string]string {
	labels := map[string]string{}
	layers := 0
	add := func(d digest.Digest) {
		labels[fmt.Sprint(nodestate.RefLabel, "content.l.", layers)] = string(d)
		layers++
	}
	seen := map[digest.Digest]bool{}
	for _, bottom := range v.bottoms.list {
		name, key, _ := strings.Cut(bottom, "/")
		chain, _ := i.reader(i.now.Namespace).Chain(name, key)
		for _, part := range chain {
			layer, ok := i.layers[at{i.now.Namespace, name + "/" + part}]
			if ok && !seen[layer] {
				seen[layer] = true
				add(layer)
			}
		}
	}
	for n, d := range i.held(v, i.now.Namespace) {
		switch n {
		case 0:
		case 1:
			labels[nodestate.RefLabel+"content.config"] = string(d)
		default:
			add(d)
		}
	}
	return labels
}

// blob commits or deletes a blob.
func (i *interpreter) blob(n int, b *Blob, p *pull) {
	ns, key := i.now.Namespace, string(b.Digest)
	if i.now.Topic == "/content/delete" {
		if i.blobs[ns][key] == nil && i.summary.TellsBlobs {
			i.summary.Unseen++
		}
		delete(i.blobs[ns], key)
		i.add(i.here(""), op.ContentDelete, op.Blob{Digest: b.Digest})
		return
	}
	i.blobs.put(ns, key, &blob{digest: b.Digest, size: b.Size, made: n})
	i.abort(ns, b.Digest)
	info := content.Info{Digest: b.Digest, Size: b.Size}
	if c := i.proofs[n]; c != nil {
		real, err := c.blob(ns, key)
		if err == nil {
			info.Labels = early(real)
		}
	} else if held := i.held(p.version, ns); len(held) > 0 && held[0] == b.Digest {
		info.Labels = i.references(p.version)
	}
	info.Labels = i.withRoot(info.Labels, i.tellsBlobRemovals())
	lease := i.pullLease(p)
	if known := i.known(i.now).Lease; known != nil {
		lease = *known
	} else if holder, ok := i.holder(n); ok {
		lease = holder
	} else if p.images == 0 && i.unheld(p, n) {
		lease = ""
	}
	i.commit(i.here(lease), info)
}

// abort ends the upload of a blob that a copy shows. Clients name an upload after the digest.
func (i *interpreter) abort(ns string, d digest.Digest) {
	for _, where := range slices.SortedFunc(maps.Keys(i.uploads), at.compare) {
		if where.namespace == ns && strings.HasSuffix(where.key, string(d)) {
			i.add(i.here(""), op.ContentAbort, op.Ingest{Ref: where.key})
			delete(i.uploads, where)
		}
	}
}

// commit commits a blob of known size and unknown content.
func (i *interpreter) commit(h engine.Header, info content.Info) {
	i.add(engine.Header{}, op.ContentPlace, op.ContentPlaceArgs{Digest: info.Digest, Size: info.Size})
	for _, op := range commitOps(h, len(i.trace.Steps), info) {
		i.add(op.Header, op.Name, op.Args)
	}
}

// image creates, updates or deletes an image record.
func (i *interpreter) image(n int, body *Image, p *pull) {
	where := at{i.now.Namespace, body.Name}
	old := i.images[where]
	record := images.Image{Name: body.Name, Labels: body.Labels}
	switch {
	case i.now.Topic == "/images/delete":
		if old == nil {
			i.summary.Unseen++
			return
		}
		delete(i.images, where)
		i.add(i.here(""), op.ImagesDelete, op.ImagesDeleteArgs{Name: body.Name})
		if i.log == nil && i.last[n] {
			i.summary.Waited++
			i.add(engine.Header{}, op.ScheduleTrigger, nil)
		}
		return
	case i.now.Topic == "/images/update" && p == nil && body.Labels != nil && old != nil && !i.retargets(n, where):
		i.add(i.here(""), op.ImagesUpdate, op.ImageRecord{Image: record, Paths: []string{"labels"}})
		return
	}
	lease, own := "", false
	if known := i.known(i.now).Lease; known != nil {
		lease = *known
	} else if p != nil {
		lease = i.pullLease(p)
	} else if old == nil || i.summary.TellsRemovals { // in 1.6 ctr moves a tag by a deletion: an update is something else
		lease, own = leaseName("tag", n), true
		i.lease(lease)
	}
	if p == nil {
		i.summary.Tags++
	}
	record.Target = i.target(n, body.Name, p)
	targets := &i.summary.Confidence.Targets
	switch known := i.known(i.now); {
	case known.Target != "" || known.Source != "" && i.sources[n] != nil || i.proofs[n] != nil:
		targets.Certain++
	case p != nil:
		targets.Likely++
	default:
		targets.Guessed++
	}
	args := op.ImageRecord{Image: record}
	if old == nil {
		i.add(i.here(lease), op.ImagesCreate, args)
	} else {
		i.add(i.here(lease), op.ImagesUpdate, args)
	}
	i.images[where] = &image{name: body.Name, target: record.Target}
	if own {
		i.release(lease)
	}
}

// retargets reports whether a copy shows that an event of an image record changed its target.
func (i *interpreter) retargets(event int, where at) bool {
	c := i.proofs[event]
	return c != nil && c.images[where].target.Digest != i.images[where].target.Digest
}

// target returns the target of an image record: the content of its pull, the known target, or the target of another
// record.
func (i *interpreter) target(n int, name string, p *pull) ocispec.Descriptor {
	source := i.sources[n]
	if source != nil && p == nil {
		p = source.pull
	}
	d := i.known(i.now).Target
	switch c := i.proofs[n]; {
	case d != "":
	case c != nil:
		return c.images[at{i.now.Namespace, name}].target
	case p != nil && p.standIn != "":
		d = p.standIn
	case p != nil && len(i.held(p.version, i.now.Namespace)) > 0:
		d = i.held(p.version, i.now.Namespace)[0]
	case source != nil && source.target.Digest != "":
		return source.target
	default:
		i.summary.Targetless++
		d = digest.FromString("the target of " + name)
	}
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: d, Size: max(i.sizes[d], 1)} // 0 is refused
}
