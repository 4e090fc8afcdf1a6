package sim

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// The world is the state that all actors share: the registry, the namespaces, the clock and the random source.
type world struct {
	*rand.Rand
	drawn       Scenario
	now         func() time.Time
	mark        func(Mark)
	collections *int // number of collections that have swept

	images []remote
	spaces []string
}

// A remote is an image in the registry.
type remote struct {
	name             string
	manifest, config blob
	layers           []blob
	chain            []string // the names of the snapshots of its layers
}

type blob struct {
	data   []byte
	digest digest.Digest
}

func newBlob(format string, args ...any) blob {
	data := fmt.Appendf(nil, format, args...)
	return blob{data, digest.FromBytes(data)}
}

func (b blob) descriptor() ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: b.digest, Size: int64(len(b.data))}
}

// newWorld draws the images and namespaces.
func newWorld(r *rand.Rand, d Scenario, now func() time.Time, mark func(Mark), collections *int) *world {
	w := &world{Rand: r, drawn: d, now: now, mark: mark, collections: collections}
	for i := range d.Images {
		w.images = append(w.images, w.remote(i))
	}
	for i := range d.Namespaces {
		w.spaces = append(w.spaces, fmt.Sprint("ns", i))
	}
	return w
}

// remote draws an image. Images share layers, lower layers more often.
func (w *world) remote(i int) remote {
	image := remote{name: fmt.Sprint("image", i), config: newBlob("config %d", i), manifest: newBlob("manifest %d", i)}
	chain := ""
	for depth := range 1 + w.IntN(4) {
		from := w.IntN(1 + w.drawn.Images>>(4-depth))
		layer := newBlob("layer %d of depth %d", from, depth)
		image.layers = append(image.layers, layer)
		chain += fmt.Sprint(".", from)
		image.chain = append(image.chain, "chain"+chain)
	}
	return image
}

func (w *world) oneIn(n int) bool { return n > 0 && w.IntN(n) == 0 }

func pick[T any](w *world, from []T) T { return from[w.IntN(len(from))] }

func (w *world) image() *remote { return &w.images[w.IntN(len(w.images))] }
func (w *world) space() string  { return pick(w, w.spaces) }
func (w *world) snapshotter() string {
	return pick(w, []string{"overlayfs", "overlayfs", "overlayfs", "native"})
}

// name draws one of the few names that records of a kind share.
func (w *world) name(what string) string { return what + strconv.Itoa(w.IntN(w.drawn.Names)) }

// blob draws one of the registry's blobs.
func (w *world) blob() blob {
	image := w.image()
	switch w.IntN(4) {
	case 0:
		return image.manifest
	case 1:
		return image.config
	}
	return pick(w, image.layers)
}

// snapshot draws the name of a possible snapshot.
func (w *world) snapshot() string {
	if w.oneIn(3) {
		return w.name("work")
	}
	return pick(w, w.image().chain)
}

// in draws a time between now and d later, in the form of labels.
func (w *world) in(d time.Duration) string {
	return w.now().Add(time.Duration(w.Int64N(int64(d)))).Format(time.RFC3339)
}

// clockOp draws an Op that advances the clock: by up to a minute, sometimes by up to an hour, rarely by up to 30 hours.
func (w *world) clockOp() engine.Op {
	by := time.Duration(w.Int64N(int64(time.Minute)))
	switch w.IntN(12) {
	case 0:
		by = time.Duration(w.Int64N(int64(30 * time.Hour)))
	case 1, 2, 3:
		by = time.Duration(w.Int64N(int64(time.Hour)))
	}
	return engine.Op{Name: op.ClockAdvance, Args: op.ClockAdvanceArgs{By: by}}
}
