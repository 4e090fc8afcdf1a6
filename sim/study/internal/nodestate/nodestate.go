package nodestate

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	digest "github.com/opencontainers/go-digest"
)

// Labels that clients set for the garbage collector.
const (
	RefLabel    = "containerd.io/gc.ref." // a reference: the rest of the key names the kind of the object
	GCPrefix    = "containerd.io/gc."     // of all labels of the collector
	RootLabel   = "containerd.io/gc.root"
	FlatLabel   = "containerd.io/gc.flat"
	ExpireLabel = "containerd.io/gc.expire"

	// CRILabel on an image record marks an image that CRI manages.
	CRILabel = "io.cri-containerd.image"

	// PinnedLabel on an image record, with the value [Pinned], forbids kubelet to remove the image. CRI sets it.
	PinnedLabel = "io.cri-containerd.pinned"
	Pinned      = "pinned"
)

// A Reader reads the objects of one namespace. Both functions return false for a missing object; neither may be nil.
type Reader struct {
	Labels func(blob digest.Digest) (map[string]string, bool)
	Parent func(snapshotter, key string) (parent string, ok bool)
}

// An Image has the parts of one manifest.
type Image struct {
	Config digest.Digest   // "" if the manifest has no label for it
	Layers []digest.Digest // the lowest first
	Tops   []Snapshot      // the topmost snapshot in each snapshotter, by snapshotter
}

// A Snapshot names a snapshot in a namespace.
type Snapshot struct{ Snapshotter, Key string }

// Top returns the key of the topmost snapshot in a snapshotter, or "".
func (i Image) Top(snapshotter string) string {
	for _, s := range i.Tops {
		if s.Snapshotter == snapshotter {
			return s.Key
		}
	}
	return ""
}

// Image returns the parts of a manifest. It is empty for a blob without labels of a manifest.
func (r Reader) Image(manifest digest.Digest) Image {
	labels, _ := r.Labels(manifest)
	i := Image{Config: digest.Digest(labels[RefLabel+"content.config"]), Layers: numbered(labels, RefLabel+"content.l.")}
	if i.Config == "" {
		return i
	}
	labels, _ = r.Labels(i.Config)
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if snapshotter, ok := strings.CutPrefix(key, RefLabel+"snapshot."); ok {
			i.Tops = append(i.Tops, Snapshot{snapshotter, labels[key]})
		}
	}
	return i
}

// Manifest returns the first manifest, at or below a blob, that has a layer in the store; "" if there is none. An
// index refers to several manifests, and a client usually pulls the layers of one.
func (r Reader) Manifest(target digest.Digest) digest.Digest {
	return r.manifest(target, map[digest.Digest]bool{})
}

func (r Reader) manifest(at digest.Digest, seen map[digest.Digest]bool) digest.Digest {
	if seen[at] {
		return ""
	}
	seen[at] = true
	labels, _ := r.Labels(at)
	for _, layer := range numbered(labels, RefLabel+"content.l.") {
		if _, ok := r.Labels(layer); ok {
			return at
		}
	}
	for _, child := range numbered(labels, RefLabel+"content.m.") {
		if found := r.manifest(child, seen); found != "" {
			return found
		}
	}
	return ""
}

// chainMax bounds the length of a chain. No mountable chain is as long.
const chainMax = 1000

// Chain returns the keys of a snapshot and its parents, the lowest first, and whether the chain is complete. If a
// snapshot is missing, its key is the first, and complete is false; so it is for a chain that does not end.
func (r Reader) Chain(snapshotter, top string) (keys []string, complete bool) {
	complete = true
	for key := top; key != "" && complete; {
		keys = append(keys, key)
		parent, ok := r.Parent(snapshotter, key)
		complete = ok && len(keys) < chainMax
		key = parent
	}
	slices.Reverse(keys)
	return keys, complete
}

// numbered returns the digests in labels whose key is prefix and a number, ordered by the number.
func numbered(labels map[string]string, prefix string) (list []digest.Digest) {
	numbers := map[int]digest.Digest{}
	for key, value := range labels {
		if number, ok := strings.CutPrefix(key, prefix); ok {
			if n, err := strconv.Atoi(number); err == nil {
				numbers[n] = digest.Digest(value)
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(numbers)) {
		list = append(list, numbers[n])
	}
	return list
}
