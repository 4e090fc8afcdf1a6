package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
)

// The world is what actors have in common: what there is to pull, which names there are, the time, and chance.
type world struct {
	*rand.Rand
	drawn       Scenario
	now         func() time.Time
	mark        func(Mark)
	collections *int // that there were

	images []remote
	spaces []string
}

// A remote image is one in a registry: its manifest refers to its config and its layers.
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

// remote makes an image. Layers, the lower ones more often, are shared with other images.
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

// name returns one of the few names that records of a kind share.
func (w *world) name(what string) string { return fmt.Sprint(what, w.IntN(w.drawn.Names)) }

// blob returns one of the blobs that there are to pull.
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

// snapshot returns the name of a snapshot that there may be.
func (w *world) snapshot() string {
	if w.oneIn(3) {
		return w.name("work")
	}
	return pick(w, w.image().chain)
}

// in returns a time from now on, as labels have it.
func (w *world) in(d time.Duration) string {
	return w.now().Add(time.Duration(w.Int64N(int64(d)))).Format(time.RFC3339)
}

// passing is an Op by which time goes on, now and then by a lot, and if clocks may step, back.
func (w *world) clockOp() engine.Op {
	by := time.Duration(w.Int64N(int64(time.Minute)))
	switch w.IntN(12) {
	case 0:
		by = time.Duration(w.Int64N(int64(30 * time.Hour)))
	case 1, 2, 3:
		by = time.Duration(w.Int64N(int64(time.Hour)))
	}
	return engine.Op{Name: "clock.advance", Args: engine.ClockAdvance{By: by}}
}
