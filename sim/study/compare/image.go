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

// readImage tells from an image's target of what blobs it is made, by the labels that clients put on them for the
// garbage collector. Of an index it is the first manifest of whose layers one is there. Layers are unpacked to a snapshot
// each, whose size is the layer's times a factor; the name is known if it has been unpacked.
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

// A reading of an image goes to each blob once.
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

// manifest is the first blob, at or below one, that refers to a layer that is there.
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

// chain are the names of at most so many snapshots down from the topmost, lowest first.
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

// numbered are the digests in labels of a name followed by a number, in the order of these.
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
