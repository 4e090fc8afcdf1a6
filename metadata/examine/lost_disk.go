package examine

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/nodedir"
)

// SalvageOrphans are the differences between a salvaged database and the disk of its node. Without the lost records
// nothing tells whether such an object was lost, or is a remnant that containerd had not removed yet.
type SalvageOrphans struct {
	Snapshots []DiskSnapshot `json:"snapshots"` // that a snapshotter has and the database lacks, by snapshotter and name
	Blobs     []DiskBlob     `json:"blobs"`     // that the content store has and the database lacks, by digest

	// MissingBlobs are the digests that the database has and the content store lacks, sorted.
	MissingBlobs []string `json:"missingBlobs"`
}

// A DiskSnapshot is a snapshot without a record in the metadata, according to its snapshotter.
type DiskSnapshot struct {
	// Node is the node that the record had. It follows from Name, and is "" if containerd's metadata did not make that.
	Node        string   `json:"node,omitempty"`
	Snapshotter string   `json:"snapshotter"`
	Name        string   `json:"name"` // in the snapshotter
	Kind        string   `json:"kind"` // active, view or committed
	Bytes       *int64   `json:"bytes,omitempty"`
	Dir         string   `json:"dir"`
	Chain       []string `json:"chain"` // the snapshotter's names of its ancestors, the parent first
}

// A DiskBlob is a file of the content store without a record in the metadata.
type DiskBlob struct {
	Digest string `json:"digest"`
	Bytes  int64  `json:"bytes"`

	// Content is "index", "manifest" or "config" if the file is one and matches its digest. It is "" for other files.
	Content string `json:"content,omitempty"`

	// PartOf are the digests of the manifests and indexes on the disk that name the blob, sorted.
	PartOf []string `json:"partOf,omitempty"`
}

// compareDisk lists the differences between a database and the disk of its node.
func compareDisk(db memkv.Frozen, records []*record, disk *nodedir.Dir) (*SalvageOrphans, error) {
	o := &SalvageOrphans{Snapshots: []DiskSnapshot{}, Blobs: []DiskBlob{}, MissingBlobs: []string{}}
	for _, found := range orphans(db, disk) {
		o.Snapshots = append(o.Snapshots, diskSnapshot(found))
	}
	slices.SortFunc(o.Snapshots, func(a, b DiskSnapshot) int {
		return cmp.Or(strings.Compare(a.Snapshotter, b.Snapshotter), strings.Compare(a.Name, b.Name))
	})
	if disk.Content == nil {
		return o, nil
	}
	stored := map[string]bool{} // whether the file exists
	for _, r := range records {
		if r.node.Type == metadata.ResourceContent {
			stored[r.node.Key] = false
		}
	}
	blobs := Dir(disk.Content)
	partOf := map[string][]string{}
	for blob, err := range blobs.All() {
		if err != nil {
			return nil, err
		}
		content, children := blobRole(blobs, blob)
		for _, child := range children {
			partOf[child] = append(partOf[child], blob.Digest)
		}
		if _, ok := stored[blob.Digest]; ok {
			stored[blob.Digest] = true
		} else {
			o.Blobs = append(o.Blobs, DiskBlob{Digest: blob.Digest, Bytes: blob.Size, Content: content})
		}
	}
	for i := range o.Blobs {
		list := partOf[o.Blobs[i].Digest]
		slices.Sort(list)
		o.Blobs[i].PartOf = slices.Compact(list)
	}
	slices.SortFunc(o.Blobs, func(a, b DiskBlob) int { return strings.Compare(a.Digest, b.Digest) })
	for digest, there := range stored {
		if !there {
			o.MissingBlobs = append(o.MissingBlobs, digest)
		}
	}
	slices.Sort(o.MissingBlobs)
	return o, nil
}

func diskSnapshot(o orphan) DiskSnapshot {
	s := DiskSnapshot{Snapshotter: snapshotterName(o.snapshotter), Name: o.snapshot.Name, Kind: kindText(o.snapshot.Kind),
		Dir: o.snapshot.Dir(), Chain: []string{}}
	if namespace, key, ok := o.snapshot.Key(); ok {
		s.Node = metadata.NodeName(gc.Node{Type: metadata.ResourceSnapshot, Namespace: namespace, Key: s.Snapshotter + "/" + key})
	}
	if o.snapshot.Sized {
		s.Bytes = &o.snapshot.Size
	}
	for name := o.snapshot.Parent; name != "" && !slices.Contains(s.Chain, name); {
		s.Chain = append(s.Chain, name)
		above := o.snapshotter.Records.Lookup(name)
		if above == nil {
			break
		}
		name = above.Parent
	}
	return s
}

// roleMax is the largest size of a file that may be a manifest, an index or a configuration, in bytes.
const roleMax = 1 << 20

// blobRole reads a small file, and returns its role in an image and the digests that it names. It returns "" for
// layers and for damaged files.
func blobRole(blobs Blobs, b Blob) (content string, children []string) {
	dgst := digest.Digest(b.Digest)
	if b.Size > roleMax || dgst.Validate() != nil {
		return "", nil
	}
	data, err := blobs.Read(b.Digest, roleMax)
	if err != nil || !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) || dgst.Algorithm().FromBytes(data) != dgst {
		return "", nil
	}
	var parsed struct {
		manifest
		RootFS json.RawMessage `json:"rootfs"`
	}
	if json.Unmarshal(data, &parsed) != nil {
		return "", nil
	}
	for _, child := range parsed.children() {
		children = append(children, child.Digest.String())
	}
	switch {
	case parsed.RootFS != nil:
		return "config", nil
	case parsed.Config != nil:
		return "manifest", children
	case parsed.Manifests != nil:
		return "index", children
	}
	return "", nil
}
