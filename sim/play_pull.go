package sim

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
)

const gcLabel = "containerd.io/gc."

// A puller pulls one image for one client. It may give up at any step.
type puller struct {
	*actor
	ns    string
	image *remote
	lease *string
}

// pull fetches and unpacks an image under a lease that expires, and deletes the lease.
func pull(a *actor) {
	lease := a.fresh("lease")
	p := puller{a, a.space(), a.image(), &lease}
	labels := map[string]string{gcLabel + "expire": a.in(48 * 3600e9)}
	if !a.do(engine.Op{Name: op.LeasesCreate, Header: p.header(), Args: op.LeasesCreateArgs{ID: lease, Labels: labels}}) {
		return
	}
	tries := 1 + a.IntN(2)
	for try := range tries {
		if p.fetch() {
			if try > 0 {
				a.mark(PullRetried)
			}
			p.unpack()
			break
		}
	}
	if a.givesUp() {
		a.mark(LeaseAbandoned)
		return
	}
	a.call(engine.Op{Name: op.LeasesDelete, Header: engine.Header{NS: p.ns}, Args: op.LeasesDeleteArgs{ID: lease, Sync: a.oneIn(4)}})
}

func (p puller) header() engine.Header { return engine.Header{NS: p.ns} }

func (p puller) leased() engine.Header { return engine.Header{NS: p.ns, Lease: p.lease} }

// fetch uploads the config and the layers in random order, two at a time as clients with several connections do, then
// the manifest, and makes the image.
func (p puller) fetch() bool {
	before := *p.collections
	blobs := append([]blob{p.image.config}, p.image.layers...)
	p.Shuffle(len(blobs), func(i, j int) { blobs[i], blobs[j] = blobs[j], blobs[i] })
	for i := 0; i < len(blobs); i += 2 {
		for _, b := range p.open(blobs[i:min(i+2, len(blobs))]) {
			if !p.write(b) || p.givesUp() {
				return false
			}
		}
	}
	manifest := p.open([]blob{p.image.manifest})
	for _, b := range manifest {
		if !p.write(b) {
			return false
		}
	}
	if *p.collections > before {
		p.mark(CollectionDuringPull)
	}
	return p.name(p.image.name)
}

// An upload is a blob that a client is writing.
type upload struct {
	blob
	writer string
	rest   []byte // the bytes that are still to be written
}

// ingestOf returns the reference under which all clients write a blob.
func ingestOf(b blob) string { return "layer-" + b.digest.Encoded()[:12] }

// open opens a writer for each blob. Blobs that cannot be opened are left out.
func (p puller) open(blobs []blob) (opened []upload) {
	for _, b := range blobs {
		in := upload{b, p.fresh("writer"), b.data}
		open := op.WritersOpenArgs{Name: in.writer, Ref: ingestOf(b), Desc: b.descriptor()}
		switch r := p.call(engine.Op{Name: op.WritersOpen, Header: p.leased(), Args: open}); r.Code {
		case op.OK:
			if s, ok := r.Value.(content.Status); ok && s.Offset > 0 && s.Offset < int64(len(b.data)) {
				p.mark(IngestResumed)
			} else if ok && s.Offset == int64(len(b.data)) {
				p.mark(SharedBlob)
			}
			if s, ok := r.Value.(content.Status); ok {
				in.rest = b.data[min(s.Offset, int64(len(b.data))):]
			}
			opened = append(opened, in)
		}
	}
	return opened
}

// write writes the rest of a blob and commits it. If the commit finds that the bytes are gone, it writes the whole blob
// again.
func (p puller) write(in upload) bool {
	defer func() { p.call(engine.Op{Name: op.WritersClose, Args: op.Named{Name: in.writer}}) }()
	code := p.finish(in)
	if code == op.Aborted {
		in.rest = in.data
		if code = p.finish(in); code == op.OK {
			p.mark(BlobRewritten)
		}
	}
	return code == op.OK || code == op.AlreadyExists
}

// finish writes the rest of a blob in two parts and commits it. It returns the code of the commit, or "" if it did not
// get that far.
func (p puller) finish(in upload) op.Code {
	half := len(in.rest) / 2
	for _, part := range [][]byte{in.rest[:half], in.rest[half:]} {
		if len(part) == 0 {
			continue
		}
		if !p.do(engine.Op{Name: op.WritersWrite, Args: op.WritersWriteArgs{Name: in.writer, Data: part}}) || p.givesUp() {
			return ""
		}
	}
	commit := op.WritersCommitArgs{Name: in.writer, Expected: in.digest, Labels: p.labels(in.blob)}
	return p.call(engine.Op{Name: op.WritersCommit, Header: p.leased(), Args: commit}).Code
}

// labels returns the labels of a blob: references to the children for a manifest, a source for all others.
func (p puller) labels(b blob) map[string]string {
	if b.digest != p.image.manifest.digest {
		return map[string]string{"containerd.io/distribution.source": "registry"}
	}
	labels := map[string]string{gcLabel + "ref.content.config": string(p.image.config.digest)}
	for i, layer := range p.image.layers {
		labels[fmt.Sprint(gcLabel, "ref.content.l.", i)] = string(layer.digest)
	}
	return labels
}

// name makes the image, or sets the target of the existing one.
func (p puller) name(name string) bool {
	image := images.Image{Name: name, Target: p.image.manifest.descriptor()}
	if p.oneIn(6) {
		image.Labels = map[string]string{gcLabel + "expire": p.in(20 * 3600e9)}
		if p.oneIn(2) {
			image.Labels[gcLabel+"bref.image"] = p.world.image().name
		}
	}
	record := op.ImageRecord{Image: image}
	switch p.call(engine.Op{Name: op.ImagesCreate, Header: p.leased(), Args: record}).Code {
	case op.OK:
		return true
	case op.AlreadyExists:
		record.Paths = []string{"target"}
		return p.do(engine.Op{Name: op.ImagesUpdate, Header: p.leased(), Args: record})
	}
	return false
}

// unpack makes a snapshot for each layer, and makes the config refer to the last one.
func (p puller) unpack() {
	snapshotter, parent := p.snapshotter(), ""
	before := *p.collections
	for i := range p.image.layers {
		name := p.image.chain[i]
		if p.do(engine.Op{Name: op.SnapshotsStat, Header: p.header(), Args: op.Snapshot{Snapshotter: snapshotter, Key: name}}) {
			parent = name
			continue
		}
		key := p.fresh("extract")
		create := op.SnapshotCreate{Snapshotter: snapshotter, Key: key, Parent: parent}
		if !p.do(engine.Op{Name: op.SnapshotsPrepare, Header: p.leased(), Args: create}) || p.givesUp() {
			return
		}
		commit := op.SnapshotsCommitArgs{Snapshotter: snapshotter, Name: name, Key: key}
		switch p.call(engine.Op{Name: op.SnapshotsCommit, Header: p.leased(), Args: commit}).Code {
		case op.OK:
		case op.AlreadyExists:
			p.mark(LayerRace)
			p.call(engine.Op{Name: op.SnapshotsRemove, Header: p.leased(), Args: op.Snapshot{Snapshotter: snapshotter, Key: key}})
		default:
			return
		}
		parent = name
	}
	if *p.collections > before {
		p.mark(CollectionDuringUnpack)
	}
	if p.oneIn(5) {
		usedLately(p.actor, p.header(), snapshotter, parent, p.image.config)
		return
	}
	label := gcLabel + "ref.snapshot." + snapshotter
	info := content.Info{Digest: p.image.config.digest, Labels: map[string]string{label: parent}}
	p.call(engine.Op{Name: op.ContentUpdate, Header: p.header(), Args: op.ContentUpdateArgs{Info: info, Paths: []string{"labels." + label}}})
	if p.oneIn(4) {
		p.call(engine.Op{Name: op.ContentRead, Header: p.header(), Args: op.ContentReadArgs{Digest: p.blob().digest}})
	}
}

// importImage writes one blob without a lease, slowly, and makes an image for it or attaches it to an image.
func importImage(a *actor) {
	ns, b := a.space(), a.blob()
	p := puller{a, ns, a.image(), nil}
	opened := p.open([]blob{b})
	if a.oneIn(3) {
		if a.oneIn(2) { // another client takes the ingest for an abandoned one
			a.call(engine.Op{Name: op.ContentAbort, Header: p.header(), Args: op.Ingest{Ref: ingestOf(b)}})
		}
		a.idle(a.IntN(40))
	}
	for _, in := range opened {
		if !p.write(in) {
			return
		}
	}
	if a.oneIn(3) {
		label := gcLabel + "bref.image"
		info := content.Info{Digest: b.digest, Labels: map[string]string{label: a.image().name}}
		a.call(engine.Op{Name: op.ContentUpdate, Header: p.header(), Args: op.ContentUpdateArgs{Info: info, Paths: []string{"labels." + label}}})
		return
	}
	image := images.Image{Name: a.world.name("imported"), Target: b.descriptor()}
	if a.oneIn(3) {
		image.Labels = map[string]string{gcLabel + "expire": a.in(10 * 3600e9)}
	}
	a.call(engine.Op{Name: op.ImagesCreate, Header: p.header(), Args: op.ImageRecord{Image: image}})
}
