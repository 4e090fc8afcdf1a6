package compare

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
)

// readImage finds the blobs of an image from its target, by the labels that clients set for the garbage collector. For
// an index it uses the first manifest with a layer present. Each layer is assumed to unpack to a snapshot of the
// layer's size times factor; the snapshot's name is known if the layer is unpacked.
func readImage(ctx context.Context, e *engine.Engine, namespace string, target ocispec.Descriptor, snapshotter string, factor float64) *Image {
	r := reading{ctx, e, map[digest.Digest]bool{}}
	manifest := r.manifest(target.Digest)
	if manifest == "" {
		manifest = target.Digest
	}
	i := &Image{Namespace: namespace, Manifest: Blob{manifest, cmp.Or(r.size(manifest), target.Size)}}
	labels := r.labels(manifest)
	if config := digest.Digest(labels[refLabel+"content.config"]); config != "" {
		i.Config = Blob{config, r.size(config)}
	}
	for _, layer := range numbered(labels, refLabel+"content.l.") {
		if i.Config.Size == 0 {
			break // nothing could hold its snapshots
		}
		size := r.size(layer)
		i.Layers = append(i.Layers, Layer{Blob: Blob{layer, size}, Unpacked: int64(float64(size) * factor)})
	}
	chain := r.chain(snapshotter, r.labels(i.Config.Digest)[refLabel+"snapshot."+snapshotter], len(i.Layers))
	name := ""
	for at := range i.Layers {
		name += " " + string(i.Layers[at].Digest)
		i.Layers[at].Chain = digest.FromString("chain" + name)
		if len(chain) == len(i.Layers) {
			i.Layers[at].Chain = digest.Digest(chain[at])
		}
	}
	return i
}

// A reading of an image visits each blob once.
type reading struct {
	ctx    context.Context
	engine *engine.Engine
	seen   map[digest.Digest]bool
}

func (r reading) labels(d digest.Digest) map[string]string {
	info, err := r.engine.Content().Info(r.ctx, d)
	if err != nil {
		return nil
	}
	return info.Labels
}

func (r reading) size(d digest.Digest) int64 {
	info, err := r.engine.Content().Info(r.ctx, d)
	if err != nil {
		return 0
	}
	return info.Size
}

// manifest returns the first blob, at or below a blob, that refers to a layer present in the store.
func (r reading) manifest(at digest.Digest) digest.Digest {
	if r.seen[at] {
		return ""
	}
	r.seen[at] = true
	labels := r.labels(at)
	for _, layer := range numbered(labels, refLabel+"content.l.") {
		if _, err := r.engine.Content().Info(r.ctx, layer); err == nil {
			return at
		}
	}
	for _, child := range numbered(labels, refLabel+"content.m.") {
		if found := r.manifest(child); found != "" {
			return found
		}
	}
	return ""
}

// chain returns the names of a snapshot and its parents, at most most+1, the lowest first.
func (r reading) chain(snapshotter, top string, most int) (names []string) {
	s := r.engine.Snapshotter(snapshotter)
	for ; s != nil && top != "" && len(names) <= most; most-- {
		info, err := s.Stat(r.ctx, top)
		if err != nil {
			return nil
		}
		names = append(names, top)
		top = info.Parent
	}
	slices.Reverse(names)
	return names
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
