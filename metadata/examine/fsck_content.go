package examine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// manifestMax is the largest size of a manifest in bytes. Larger blobs are reported as damaged.
const manifestMax = 8 << 20

// manifestTypes are the media types of manifests and indexes.
var manifestTypes = []string{
	ocispec.MediaTypeImageIndex,
	ocispec.MediaTypeImageManifest,
	"application/vnd.docker.distribution.manifest.list.v2+json",
	"application/vnd.docker.distribution.manifest.v2+json",
}

// A manifest has the descriptors of an image manifest or an index.
type manifest struct {
	Manifests []ocispec.Descriptor `json:"manifests"`
	Config    *ocispec.Descriptor  `json:"config"`
	Layers    []ocispec.Descriptor `json:"layers"`
}

func (m *manifest) children() []ocispec.Descriptor {
	children := slices.Clone(m.Manifests)
	if m.Config != nil {
		children = append(children, *m.Config)
	}
	return append(children, m.Layers...)
}

// content compares the database with a content store, and returns the sizes of its files by digest. It returns false if
// the store cannot be listed, for example for lack of permission: then nothing is said about blobs.
func (c *checker) content(blobs Blobs) (onDisk map[string]int64, ok bool) {
	onDisk = map[string]int64{}
	for b, err := range blobs.All() {
		if err != nil {
			c.notChecked(fmt.Sprintf("content: %v", err))
			return nil, false
		}
		onDisk[b.Digest] = b.Size
	}
	stored := map[string]bool{}
	for r := range c.records(metadata.ResourceContent) {
		stored[r.node.Key] = true
		size, known := r.number("size")
		switch there, ok := onDisk[r.node.Key]; {
		case !ok:
			c.find(checkBlobMissing, r.name(), fmt.Sprintf("%d bytes", size))
		case known && there != size:
			c.find(checkBlobSize, r.name(), fmt.Sprintf("%d bytes in the database, %d on disk", size, there))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(onDisk)) {
		switch {
		case stored[name]:
		case digest.Digest(name).Validate() != nil:
			c.find(checkContentFile, name, "its name is not a digest")
		default:
			c.find(checkBlobOrphan, name, fmt.Sprintf("%d bytes", onDisk[name]))
		}
	}
	c.manifests(blobs)
	c.uploads(blobs)
	return onDisk, true
}

// uploads compares the ingests of the database with the uploads of a content store.
func (c *checker) uploads(blobs Blobs) {
	store, ok := blobs.(UploadLister)
	if !ok {
		return
	}
	onDisk, err := store.Uploads()
	if err != nil {
		c.notChecked(fmt.Sprintf("uploads: %v", err))
		return
	}
	for r := range c.records(metadata.ResourceIngest) {
		dir := digest.FromString(r.text("ref")).Encoded()
		if complete, ok := onDisk[dir]; !ok {
			c.find(checkUploadMissing, r.name(), fmt.Sprintf("the directory ingest/%s does not exist", dir))
		} else if !complete {
			c.find(checkUploadMissing, r.name(), fmt.Sprintf("the directory ingest/%s lacks the file data or ref", dir))
		}
		delete(onDisk, dir)
	}
	for _, dir := range slices.Sorted(maps.Keys(onDisk)) {
		c.find(checkUploadOrphan, "ingest/"+nameText(dir), "no record refers to it")
	}
}

// manifests walks the manifests of all images, and checks that labels protect the blobs to which they refer.
func (c *checker) manifests(blobs Blobs) {
	g, err := c.d.graph()
	if err != nil {
		return
	}
	m := &manifestWalk{checker: c, blobs: blobs, graph: g, marks: gc.Mark(g, gc.WhatIf{}), seen: map[gc.Node]bool{}}
	for r := range c.records(metadata.ResourceImage) {
		m.visit(r.node.Namespace, r.text("target", "digest"), r.text("target", "mediatype"))
	}
}

// A manifestWalk visits every manifest of every namespace once.
type manifestWalk struct {
	*checker
	blobs Blobs
	graph *gc.Graph
	marks *gc.Marks
	seen  map[gc.Node]bool
}

func (m *manifestWalk) visit(namespace, dgst, mediaType string) {
	type step struct{ digest, mediaType string }
	for pending := []step{{dgst, mediaType}}; len(pending) > 0; {
		at := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		n := blobNode(namespace, at.digest)
		if m.seen[n] || !m.has(n) || !slices.Contains(manifestTypes, at.mediaType) {
			continue
		}
		m.seen[n] = true
		for _, child := range m.read(n) {
			m.child(n, child)
			pending = append(pending, step{child.Digest.String(), child.MediaType})
		}
	}
}

func blobNode(namespace, dgst string) gc.Node {
	return gc.Node{Type: metadata.ResourceContent, Namespace: namespace, Key: dgst}
}

// read returns the descriptors in a manifest. A manifest that cannot be read is skipped, because images reports it.
func (m *manifestWalk) read(n gc.Node) []ocispec.Descriptor {
	var parsed manifest
	data, err := m.reader.read(n)
	if err != nil {
		return nil
	}
	if err := json.Unmarshal(data, &parsed); err != nil {
		m.find(checkBlobDamaged, metadata.NodeName(n), err.Error())
		return nil
	}
	return parsed.children()
}

// child checks one descriptor in a manifest. A blob that is not in the database is not a fault, because clients do not
// pull all platforms.
func (m *manifestWalk) child(from gc.Node, to ocispec.Descriptor) {
	n := blobNode(from.Namespace, to.Digest.String())
	b, ok := m.db.BucketAt(schema.RecordPath(n)...)
	if !ok {
		return
	}
	if size, known := (&record{Frozen: b}).number("size"); known && size != to.Size {
		m.find(checkSize, metadata.NodeName(n), fmt.Sprintf("%d bytes, but the descriptor in %s has %d", size, from.Key, to.Size))
	}
	fromID, _ := m.graph.Lookup(from)
	toID, _ := m.graph.Lookup(n)
	for e := range m.graph.Edges(fromID) {
		if e.To == toID && !e.FromFlat {
			return
		}
	}
	check := checkReferenceUnlabelled
	if m.marks.Kept(toID) {
		check = checkReferenceUnprotected
	}
	m.find(check, metadata.NodeName(n), "referred to by "+from.Key)
}
