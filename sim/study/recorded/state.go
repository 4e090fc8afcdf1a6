package recorded

import (
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

// A state has the objects assumed to exist, by namespace and key. The key of a snapshot is SNAPSHOTTER/KEY.
//
// Invariant: the children of a snapshot are the snapshots in the state that have it as their parent.
type state struct {
	spaces      map[string]map[string]string // labels
	images      map[at]*image
	blobs       spaced[*blob]
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
	pull   *pull // the pull of its target; nil for an image from before the events
	own    bool  // the pull made the record too
	made   int   // index of the event; 0 before the first
}

type blob struct {
	digest digest.Digest
	size   int64
	labels map[string]string // from the database
}

type snapshot struct {
	parent   string
	children int
	gone     bool // removed before its children
}

func newState() *state {
	return &state{
		spaces: map[string]map[string]string{}, images: map[at]*image{}, blobs: spaced[*blob]{},
		snapshots: map[at]*snapshot{}, layers: map[at]digest.Digest{},
	}
}

// learnLayers finds the blobs from which snapshots were unpacked, by the labels of manifests and configs.
func (s *state) learnLayers() {
	for _, ns := range slices.Sorted(maps.Keys(s.blobs)) {
		for _, key := range s.blobs.in(ns) {
			s.learn(ns, s.blobs[ns][key])
		}
	}
}

// learn does so for one blob, if it is a manifest.
func (s *state) learn(ns string, manifest *blob) {
	var layers []digest.Digest
	for i := 0; ; i++ {
		layer, ok := manifest.labels[refLabel+"content.l."+strconv.Itoa(i)]
		if !ok {
			break
		}
		layers = append(layers, digest.Digest(layer))
	}
	config := s.blobs[ns][manifest.labels[refLabel+"content.config"]]
	if config == nil {
		return
	}
	for _, label := range slices.Sorted(maps.Keys(config.labels)) {
		snapshotter, ok := strings.CutPrefix(label, refLabel+"snapshot.")
		if !ok {
			continue
		}
		chain := s.chain(ns, snapshotter, config.labels[label])
		for i := range min(len(chain), len(layers)) {
			s.layers[at{ns, snapshotter + "/" + chain[i]}] = layers[i]
		}
	}
}

// chainMax bounds how far down a chain of snapshots goes: none that can be mounted has so many.
const chainMax = 1000

// chain returns the names of a snapshot and its parents, the lowest first.
func (s *state) chain(ns, snapshotter, top string) (names []string) {
	for top != "" && len(names) < chainMax {
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

// A spaced is a map by namespace and key.
type spaced[T any] map[string]map[string]T

func (s spaced[T]) put(ns, key string, value T) {
	if s[ns] == nil {
		s[ns] = map[string]T{}
	}
	s[ns][key] = value
}

// in lists the keys in a namespace, in order.
func (s spaced[T]) in(ns string) []string { return slices.Sorted(maps.Keys(s[ns])) }
