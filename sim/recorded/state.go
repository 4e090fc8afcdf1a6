package recorded

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	refLabel    = "containerd.io/gc.ref."
	rootLabel   = "containerd.io/gc.root"
	expireLabel = "containerd.io/gc.expire"
)

// A state is what is believed to be there, by namespace and key; of a snapshot the key is SNAPSHOTTER/KEY.
type state struct {
	spaces      map[string]map[string]string // labels
	images      map[at]*image
	blobs       map[at]*blob
	snapshots   map[at]*snapshot
	layers      map[at]digest.Digest // what a committed snapshot was unpacked from
	snapshotter string               // for events that name none
}

// at names something in a namespace.
type at struct{ namespace, key string }

type image struct {
	name   string
	target ocispec.Descriptor
	labels map[string]string
	pull   *pull // that made its target; nil for one that was there before
	own    bool  // the pull made the record too
	made   int   // index of the event; 0 before the first
}

type blob struct {
	digest digest.Digest
	size   int64
	labels map[string]string // that a database tells
}

type snapshot struct {
	parent   string
	children int
	gone     bool // it was seen removed, before its children
}

func newState() *state {
	return &state{
		spaces: map[string]map[string]string{}, images: map[at]*image{}, blobs: map[at]*blob{},
		snapshots: map[at]*snapshot{}, layers: map[at]digest.Digest{},
	}
}

// learnLayers finds out which snapshots were unpacked from which blobs, by the labels of manifests and configs.
func (s *state) learnLayers() {
	byPlace := func(a, b at) int {
		return cmp.Or(strings.Compare(a.namespace, b.namespace), strings.Compare(a.key, b.key))
	}
	for _, where := range slices.SortedFunc(maps.Keys(s.blobs), byPlace) {
		manifest := s.blobs[where]
		var layers []digest.Digest
		for i := 0; ; i++ {
			layer, ok := manifest.labels[refLabel+"content.l."+strconv.Itoa(i)]
			if !ok {
				break
			}
			layers = append(layers, digest.Digest(layer))
		}
		config := s.blobs[at{where.namespace, manifest.labels[refLabel+"content.config"]}]
		if config == nil || len(layers) == 0 {
			continue
		}
		for _, label := range slices.Sorted(maps.Keys(config.labels)) {
			top := config.labels[label]
			snapshotter, ok := strings.CutPrefix(label, refLabel+"snapshot.")
			if !ok {
				continue
			}
			chain := s.chain(where.namespace, snapshotter, top)
			for i := range min(len(chain), len(layers)) {
				s.layers[at{where.namespace, snapshotter + "/" + chain[i]}] = layers[i]
			}
		}
	}
}

// chain are the names of a snapshot and its parents, lowest first.
func (s *state) chain(ns, snapshotter, top string) (names []string) {
	seen := map[string]bool{}
	for top != "" && !seen[top] {
		seen[top] = true
		names = append(names, top)
		found := s.snapshots[at{ns, snapshotter + "/" + top}]
		if found == nil {
			break
		}
		top = found.parent
	}
	slices.Reverse(names)
	return names
}

// in lists the keys of what is in a namespace, in order.
func in[T any](m map[at]T, ns string) (keys []string) {
	for k := range maps.Keys(m) {
		if k.namespace == ns {
			keys = append(keys, k.key)
		}
	}
	slices.Sort(keys)
	return keys
}
