package examine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	chain "github.com/opencontainers/image-spec/identity"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// An ImageState says whether containers can be started from an image.
type ImageState string

const (
	// ImageWhole is an image with its configuration, and with its layers or its snapshot.
	ImageWhole ImageState = "whole"
	// ImageNotUnpacked is an image with all its blobs, whose snapshot is gone or was never created. A client unpacks
	// the image when it needs it.
	ImageNotUnpacked ImageState = "not-unpacked"
	// ImageBroken is an image from which no container starts.
	ImageBroken ImageState = "broken"
	// ImageUnknown is an image whose target is neither a manifest nor an index, or whose manifest names no
	// configuration, or whose labels don't tell what the manifest names. Nothing is said about it.
	ImageUnknown ImageState = "unknown"
)

// An Image is the state of all names of one target in one namespace.
type Image struct {
	Image string     `json:"image"` // the best name, a node
	Names []string   `json:"names"` // all names, nodes, the best one first
	State ImageState `json:"state"`

	// Platforms are the manifests that are present with their configuration or with a layer. If there is none, they are
	// the manifests that are present.
	Platforms []ImagePlatform `json:"platforms,omitempty"`

	// FromLabels reports that the content store was not at hand, so that the manifests' labels were read instead.
	FromLabels bool `json:"fromLabels,omitempty"`
}

// An ImagePlatform is the state of one manifest of an image.
type ImagePlatform struct {
	Manifest string     `json:"manifest"`           // digest
	Platform string     `json:"platform,omitempty"` // for example "linux/amd64"; "" if it is not known
	State    ImageState `json:"state"`

	// Missing are the blobs and snapshots that the manifest lacks, each with its place, for example "layer 2 of 5:
	// content/k8s.io/sha256:…".
	Missing []Missing `json:"missing,omitempty"`
}

// A Missing is a part that a manifest lacks.
type Missing struct {
	Node string `json:"node"`
	Part string `json:"part"`          // "manifest", "config", "layer 2 of 5", "snapshot"
	Why  string `json:"why,omitempty"` // "" if there is no record; otherwise the reason why the record is of no use
}

// An imageReader determines the state of images.
type imageReader struct {
	db    memkv.Frozen
	blobs Blobs            // nil: read labels
	sizes map[string]int64 // of the files of the content store, by digest; nil if it is not at hand
	cache map[gc.Node]blobContent

	inImage map[string]bool // manifests and configurations that images has judged, as nodes
}

// A blobContent is a parsed manifest or configuration.
type blobContent struct {
	data []byte
	err  error
}

// images returns the state of every image, by namespace and best name.
func (r *imageReader) images(records []*record) []Image {
	r.inImage = map[string]bool{}
	at := map[imageTarget]int{}
	var list []Image
	var targets []*record
	for _, image := range records {
		if image.node.Type != metadata.ResourceImage {
			continue
		}
		target := imageTarget{image.node.Namespace, image.text("target", "digest")}
		i, ok := at[target]
		if !ok {
			i = len(list)
			at[target] = i
			list = append(list, Image{})
			targets = append(targets, image)
		}
		list[i].Names = append(list[i].Names, image.name())
	}
	for i := range list {
		sortNames(list[i].Names)
		list[i].Image = list[i].Names[0]
		r.fill(&list[i], targets[i])
	}
	return list
}

// sortNames sorts the names of one image, the best one first.
func sortNames(names []string) {
	rank := func(node string) int {
		n, err := metadata.ParseNode(node)
		if err != nil {
			return 0
		}
		return nameRank(n.Key)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b))
	})
}

// fill determines the state of an image.
func (r *imageReader) fill(image *Image, record *record) {
	image.FromLabels = r.blobs == nil
	manifests, known := r.manifests(record.node.Namespace, record.text("target", "digest"), record.text("target", "mediatype"))
	if !known {
		image.State = ImageUnknown
		return
	}
	image.State = ImageBroken
	best := 0
	for _, m := range manifests {
		p, present := r.platform(record.node.Namespace, m)
		switch {
		case present < best:
			continue
		case present > best && best == 0:
			image.Platforms = nil // those before are of platforms that were not pulled
		}
		best = max(best, min(present, 1))
		image.Platforms = append(image.Platforms, p)
		if slices.Index(imageStateOrder, p.State) > slices.Index(imageStateOrder, image.State) {
			image.State = p.State
		}
	}
	if image.State != ImageBroken {
		// Platforms that were pulled in part, for example by a build, don't matter if one is usable.
		image.Platforms = slices.DeleteFunc(image.Platforms, func(p ImagePlatform) bool { return p.State == ImageBroken })
	}
}

// imageStateOrder orders states: an image has the last state of its platforms.
var imageStateOrder = []ImageState{ImageBroken, ImageUnknown, ImageNotUnpacked, ImageWhole}

// A manifestRef is a manifest of an image, with its blob's children as far as they are known.
type manifestRef struct {
	digest   string
	platform string
	absent   *Missing // the manifest itself is missing or damaged
}

// manifests returns the image manifests below the target of an image. It reports false if the target is neither a
// manifest nor an index of containerd's image types.
func (r *imageReader) manifests(namespace, target, mediaType string) (list []manifestRef, known bool) {
	if !slices.Contains(manifestTypes, mediaType) {
		return nil, false
	}
	type step struct {
		digest, mediaType, platform string
		child                       bool
	}
	seen := map[string]bool{}
	for pending := []step{{digest: target, mediaType: mediaType}}; len(pending) > 0; {
		at := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if seen[at.digest] {
			continue
		}
		seen[at.digest] = true
		n := blobNode(namespace, at.digest)
		why, ok := r.usable(n)
		if !ok {
			// An index lists manifests of platforms that were not pulled.
			if !at.child || why != "" {
				list = append(list, manifestRef{at.digest, at.platform, &Missing{metadata.NodeName(n), "manifest", why}})
			}
			continue
		}
		r.inImage[metadata.NodeName(n)] = true
		children, isIndex, err := r.children(n, at.mediaType)
		if err != nil {
			list = append(list, manifestRef{at.digest, at.platform, &Missing{metadata.NodeName(n), "manifest", err.Error()}})
			continue
		}
		if !isIndex {
			list = append(list, manifestRef{at.digest, at.platform, nil})
			continue
		}
		for _, c := range slices.Backward(children) {
			if c.role != "manifest" || c.platform == "unknown/unknown" { // an attestation of another manifest
				continue
			}
			pending = append(pending, step{c.digest, c.mediaType, c.platform, true})
		}
	}
	return list, true
}

// A blobChild is a blob to which a manifest or an index refers.
type blobChild struct {
	role      string // "manifest", "config" or "layer"
	digest    string
	mediaType string
	platform  string
}

// children returns the blobs to which a manifest or an index refers: from its bytes, or else from its labels.
func (r *imageReader) children(n gc.Node, mediaType string) (list []blobChild, isIndex bool, err error) {
	isIndex = strings.Contains(mediaType, "index") || strings.Contains(mediaType, "manifest.list")
	if r.blobs == nil {
		list, isIndex = r.labelledChildren(n, isIndex)
		return list, isIndex, nil
	}
	data, err := r.read(n)
	if errors.Is(err, fs.ErrPermission) {
		list, isIndex = r.labelledChildren(n, isIndex)
		return list, isIndex, nil
	}
	if err != nil {
		return nil, isIndex, err
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, isIndex, err
	}
	for _, d := range m.Manifests {
		list = append(list, blobChild{"manifest", d.Digest.String(), d.MediaType, platformText(d.Platform)})
	}
	if m.Config != nil {
		list = append(list, blobChild{role: "config", digest: m.Config.Digest.String()})
	}
	for _, d := range m.Layers {
		list = append(list, blobChild{role: "layer", digest: d.Digest.String()})
	}
	return list, isIndex && len(m.Layers) == 0, nil
}

// labelledChildren reads the labels that clients set on manifests: gc.ref.content.config, .l.N for layers and .m.N for
// the manifests of an index.
func (r *imageReader) labelledChildren(n gc.Node, isIndex bool) ([]blobChild, bool) {
	var list []blobChild
	record, _ := r.db.BucketAt(schema.RecordPath(n)...)
	labels, _ := record.Bucket("labels")
	for label, e := range labels.All() {
		role, ok := strings.CutPrefix(label, "containerd.io/gc.ref.content.")
		if !ok {
			continue
		}
		child := blobChild{digest: e.Text(), mediaType: ocispec.MediaTypeImageManifest}
		switch {
		case role == "config":
			child.role = "config"
		case strings.HasPrefix(role, "l."):
			child.role = "layer"
		case strings.HasPrefix(role, "m."):
			child.role, isIndex = "manifest", true
		default:
			continue
		}
		list = append(list, child)
	}
	return list, isIndex
}

func platformText(p *ocispec.Platform) string {
	if p == nil {
		return ""
	}
	text := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		text += "/" + p.Variant
	}
	return text
}

// platform determines the state of one manifest. present is the number of its children that are present.
func (r *imageReader) platform(namespace string, m manifestRef) (p ImagePlatform, present int) {
	p = ImagePlatform{Manifest: m.digest, Platform: m.platform, State: ImageBroken}
	if m.absent != nil {
		p.Missing = []Missing{*m.absent}
		if m.absent.Why != "" {
			present = 1 // it is here, but damaged
		}
		return p, present
	}
	children, _, err := r.children(blobNode(namespace, m.digest), ocispec.MediaTypeImageManifest)
	if err != nil {
		p.Missing = []Missing{{metadata.NodeName(blobNode(namespace, m.digest)), "manifest", err.Error()}}
		return p, 1
	}
	layers, layer := 0, 0
	for _, c := range children {
		if c.role == "layer" {
			layers++
		}
	}
	if !slices.ContainsFunc(children, func(c blobChild) bool { return c.role == "config" }) {
		p.State = ImageUnknown
		return p, 1
	}
	var config string
	configUsable, layersUsable := false, true
	for _, c := range children {
		n := blobNode(namespace, c.digest)
		part := c.role
		if c.role == "layer" {
			layer++
			part = fmt.Sprintf("layer %d of %d", layer, layers)
		}
		why, ok := r.usable(n)
		if ok && c.role == "config" {
			config = c.digest
			r.inImage[metadata.NodeName(n)] = true
			if r.blobs != nil {
				if _, err := r.read(n); err != nil && !errors.Is(err, fs.ErrPermission) {
					why, ok = err.Error(), false
				}
			}
			configUsable = ok
		}
		if ok || why != "" {
			present++
		}
		if !ok {
			p.Missing = append(p.Missing, Missing{metadata.NodeName(n), part, why})
			layersUsable = layersUsable && c.role != "layer"
		}
	}
	snapshot, named := r.snapshot(namespace, config)
	switch {
	case !configUsable:
	case snapshot == "" && named:
		p.State, p.Missing = ImageWhole, nil
	case layersUsable:
		p.State = ImageNotUnpacked
		if named {
			p.Missing = append(p.Missing, Missing{snapshot, "snapshot", ""})
		}
	case named:
		p.Missing = append(p.Missing, Missing{snapshot, "snapshot", ""})
	}
	return p, present
}

// snapshot looks for the snapshots that the labels of a configuration name. It returns "" if one of them exists, or
// else the name of a missing one. named is false if no label names a snapshot, and there is none of the usual key.
func (r *imageReader) snapshot(namespace, config string) (missing string, named bool) {
	record, _ := r.db.BucketAt(schema.RecordPath(blobNode(namespace, config))...)
	labels, _ := record.Bucket("labels")
	for label, e := range labels.All() {
		snapshotter, ok := strings.CutPrefix(label, "containerd.io/gc.ref.snapshot.")
		if !ok {
			continue
		}
		snapshotter, _, _ = strings.Cut(snapshotter, "/")
		named = true
		if _, ok := r.db.BucketAt("v1", namespace, "snapshots", snapshotter, e.Text()); ok {
			return "", true
		}
		n := gc.Node{Type: metadata.ResourceSnapshot, Namespace: namespace, Key: snapshotter + "/" + e.Text()}
		missing = metadata.NodeName(n)
	}
	return missing, named || r.unpacked(namespace, config)
}

// unpacked reports whether a snapshotter has the snapshot of a configuration, by the key that clients give it. The
// label can be missing: then the snapshot is usable, but nothing keeps it.
func (r *imageReader) unpacked(namespace, config string) bool {
	if r.blobs == nil || config == "" {
		return false
	}
	data, err := r.read(blobNode(namespace, config))
	var parsed ocispec.Image
	if err != nil || json.Unmarshal(data, &parsed) != nil || len(parsed.RootFS.DiffIDs) == 0 {
		return false
	}
	key := chain.ChainID(parsed.RootFS.DiffIDs).String()
	snapshotters, _ := r.db.BucketAt("v1", namespace, "snapshots")
	for _, e := range snapshotters.All() {
		if _, ok := e.Bucket().Bucket(key); e.IsBucket() && ok {
			return true
		}
	}
	return false
}

// usable reports whether a blob has a record and, if the content store is at hand, a file of that size. If there is a
// record but no such file, why says so.
func (r *imageReader) usable(n gc.Node) (why string, ok bool) {
	b, ok := r.db.BucketAt(schema.RecordPath(n)...)
	if !ok {
		return "", false
	}
	if r.sizes == nil {
		return "", true
	}
	size, onDisk := r.sizes[n.Key]
	want, known := (&record{Frozen: b}).number("size")
	switch {
	case !onDisk:
		return "not on disk", false
	case known && size != want:
		return fmt.Sprintf("%d bytes on disk, %d in the database", size, want), false
	}
	return "", true
}

// errNotOnDisk is the error of a blob with a record but without a file.
var errNotOnDisk = errors.New("not on disk")

// read returns the bytes of a manifest or a configuration, after a comparison with its digest.
func (r *imageReader) read(n gc.Node) ([]byte, error) {
	if c, ok := r.cache[n]; ok {
		return c.data, c.err
	}
	data, err := r.blobs.Read(n.Key, manifestMax+1)
	dgst := digest.Digest(n.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = errNotOnDisk
	case err != nil:
	case len(data) > manifestMax:
		err = fmt.Errorf("larger than %d bytes", manifestMax)
	case dgst.Validate() != nil:
		err = dgst.Validate()
	case dgst.Algorithm().FromBytes(data) != dgst:
		err = errDigest
		if len(data) > 0 && strings.Trim(string(data), "\x00") == "" {
			err = errZeros
		}
	}
	if r.cache == nil {
		r.cache = map[gc.Node]blobContent{}
	}
	r.cache[n] = blobContent{data, err}
	return data, err
}
