package compare

import (
	"time"

	digest "github.com/opencontainers/go-digest"
)

// A Load is the sequence of requests to a node. All policies get the same load.
type Load struct {
	Start, End time.Time
	Events     []Event // in the order of their times
	Info       LoadInfo
}

// An Event is one request to a node. Exactly one of the fields besides At is set.
type Event struct {
	At      time.Time
	Run     *Container // runs a container, after pulling its image if the node lacks it
	Remove  *Container // removes a container
	Pull    *Image     // pulls an image unless the node has it
	Abandon *Image     // begins to pull an image unless the node has it; the client dies halfway, and its lease expires
	Build   *Build     // begins a build
	Built   *Build     // ends a build
}

// An Image is one version of an image. Two pointers are two images.
type Image struct {
	Namespace string
	Name      string   // of this version: "svc-12:v3"
	Family    string   // common to all its versions: "svc-12"
	Names     []string // of the image records that a pull creates; nil is Name alone
	Manifest  Blob
	Config    Blob
	Layers    []Layer
	Pinned    bool          // the image records have the label by which CRI forbids kubelet to evict the image
	Expire    time.Duration // from the pull to its containerd.io/gc.expire; 0 for none
}

// A Blob is one entry of the content store.
type Blob struct {
	Digest digest.Digest
	Size   int64
}

// A Layer is a blob with the snapshot into which it is unpacked.
type Layer struct {
	Blob
	Chain    digest.Digest // the snapshot's name
	Unpacked int64         // bytes of the snapshot, without its parents
}

// Size returns the image's size as the runtime reports it: the sum of its compressed blobs.
func (i *Image) Size() int64 {
	size := i.Manifest.Size + i.Config.Size
	for _, l := range i.Layers {
		size += l.Size
	}
	return size
}

// id returns the candidate ID of the image for policies.
func (i *Image) id() string { return "image/" + i.Namespace + "/" + i.Name }

// names returns the names of its image records.
func (i *Image) names() []string {
	if i.Names == nil {
		return []string{i.Name}
	}
	return i.Names
}

// A Container runs an image. Two pointers are two containers.
type Container struct {
	ID      string
	Image   *Image
	Written int64 // bytes of its own layer
}

// A Build uses records of the build cache, and makes missing records.
type Build struct {
	Namespace string
	Project   string
	Records   []*Record // parents before children
}

// A Record is a record of a build cache. Two pointers are two records.
type Record struct {
	ID      string
	Parent  *Record // nil for none
	Size    int64
	Mutable bool
	Type    string // as policy.RecordType
}
