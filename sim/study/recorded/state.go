package recorded

import (
	"maps"
	"slices"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// A state has the objects assumed to exist, by namespace and key. The key of a snapshot is SNAPSHOTTER/KEY.
//
// Invariant: the children of a snapshot are the snapshots in the state that have it as their parent.
type state struct {
	spaces      map[string]map[string]string // labels
	images      map[at]*image
	blobs       byNamespace[*blob]
	snapshots   map[at]*snapshot
	layers      map[at]digest.Digest // the layer from which a committed snapshot was unpacked
	snapshotter string               // for events that name none
}

// at identifies an object in a namespace.
type at struct{ namespace, key string }

type image struct {
	name   string
	target ocispec.Descriptor
	labels map[string]string
	pull   *pull // the pull that brought its target; nil for an image from before the events
	own    bool  // the same pull created the record
	made   int   // index of the event that created it; 0 for an image from before the events
}

type blob struct {
	digest digest.Digest
	size   int64
	labels map[string]string // from the database
	made   int               // index of the event of its commit; -1 for a blob from the database
}

type snapshot struct {
	parent   string
	children int
	gone     bool // its removal came before those of its children

	collected bool // a collection removed it
}

func newState() *state {
	return &state{
		spaces: map[string]map[string]string{}, images: map[at]*image{}, blobs: byNamespace[*blob]{},
		snapshots: map[at]*snapshot{}, layers: map[at]digest.Digest{},
	}
}

// recordLayers records the blob from which each snapshot was unpacked, as far as the labels of manifests and configs
// have it.
func (s *state) recordLayers() {
	for _, ns := range slices.Sorted(maps.Keys(s.blobs)) {
		r := s.reader(ns)
		for _, key := range s.blobs.keys(ns) {
			image := r.Image(digest.Digest(key))
			for _, top := range image.Tops {
				chain, complete := r.Chain(top.Snapshotter, top.Key)
				if !complete {
					continue
				}
				for i := range min(len(chain), len(image.Layers)) {
					s.layers[at{ns, top.Snapshotter + "/" + chain[i]}] = image.Layers[i]
				}
			}
		}
	}
}

// reader reads the objects of a namespace.
func (s *state) reader(ns string) nodestate.Reader {
	return nodestate.Reader{
		Labels: func(digest digest.Digest) (map[string]string, bool) {
			b := s.blobs[ns][string(digest)]
			if b == nil {
				return nil, false
			}
			return b.labels, true
		},
		Parent: func(snapshotter, key string) (string, bool) {
			parent := s.snapshots[at{ns, snapshotter + "/" + key}]
			if parent == nil {
				return "", false
			}
			return parent.parent, true
		},
	}
}

// A byNamespace is a map by namespace and key.
type byNamespace[T any] map[string]map[string]T

func (m byNamespace[T]) put(ns, key string, value T) {
	if m[ns] == nil {
		m[ns] = map[string]T{}
	}
	m[ns][key] = value
}

// keys lists the keys in a namespace, in order.
func (m byNamespace[T]) keys(ns string) []string { return slices.Sorted(maps.Keys(m[ns])) }
