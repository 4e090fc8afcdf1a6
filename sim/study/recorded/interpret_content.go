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
	case p.images > 0:
		leases.Likely++
	default:
		leases.Guessed++
	}
	if p.leased {
		i.lease(p.lease())
	}
	if p.images > 0 && len(i.held(p.version, i.now.Namespace)) == 0 {
		p.standIn = digest.FromString(fmt.Sprint("the target of pull ", p.number))
		i.commit(i.here(p.lease()), content.Info{Digest: p.standIn, Size: 1, Labels: i.references(p.alone())})
	}
}

// end ends a pull. From then on its image records hold its content. A pull with content but without image records
// leaves its lease behind.
func (i *interpreter) end(p *pull) {
	if holder := i.config(p); holder != "" && len(p.made) > 0 {
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
		i.add(i.here(p.lease()), op.ContentUpdate, op.ContentUpdateArgs{Info: info, Paths: paths})
	}
	if p.leased && (p.images > 0 || len(p.blobs) == 0) {
		i.release(p.lease())
	}
}

// alone returns the version of an image that consists of a pull without blobs.
func (p *pull) alone() *version {
	v := &version{}
	for _, b := range p.bottoms {
		v.bottoms.add(b)
	}
	return v
}

// lease returns the name of the lease of a pull; "" if it has none of its own.
func (p *pull) lease() string {
	if !p.leased {
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
	info := content.Info{Digest: b.Digest, Size: b.Size}
	if held := i.held(p.version, ns); len(held) > 0 && held[0] == b.Digest {
		info.Labels = i.references(p.version)
	}
	if i.log != nil {
		if info.Labels == nil {
			info.Labels = map[string]string{}
		}
		info.Labels[nodestate.RootLabel] = recordedRoot
	}
	lease := p.lease()
	if known := i.known(i.now).Lease; known != nil {
		lease = *known
	} else if p.images == 0 && i.unheld(p, n) {
		lease = ""
	}
	i.commit(i.here(lease), info)
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
		return
	case i.now.Topic == "/images/update" && p == nil && body.Labels != nil && old != nil:
		i.add(i.here(""), op.ImagesUpdate, op.ImageRecord{Image: record, Paths: []string{"labels"}})
		return
	}
	lease, own := "", false
	if known := i.known(i.now).Lease; known != nil {
		lease = *known
	} else if p != nil {
		lease = p.lease()
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
	case known.Target != "" || known.Source != "" && i.sources[n] != nil:
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

// target returns the target of an image record: the content of its pull, the known target, or the target of another
// record.
func (i *interpreter) target(n int, name string, p *pull) ocispec.Descriptor {
	source := i.sources[n]
	if source != nil && p == nil {
		p = source.pull
	}
	d := i.known(i.now).Target
	switch {
	case d != "":
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
