package compare

import (
	"cmp"
	"context"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// readImage reads the blobs of an image from its target, by the labels that clients set for the garbage collector. For
// an index it uses the first manifest with a layer present. Each layer is assumed to unpack to a snapshot of the
// layer's size times factor; the snapshot's name is known if the layer is unpacked.
func readImage(ctx context.Context, e *engine.Engine, namespace string, target ocispec.Descriptor, snapshotter string, factor float64) *Image {
	r := stateReader(ctx, e)
	size := func(d digest.Digest) int64 {
		info, err := e.Content().Info(ctx, d)
		if err != nil {
			return 0
		}
		return info.Size
	}
	manifest := cmp.Or(r.Manifest(target.Digest), target.Digest)
	parts := r.Image(manifest)
	i := &Image{Namespace: namespace, Manifest: Blob{manifest, cmp.Or(size(manifest), target.Size)}}
	if parts.Config != "" {
		i.Config = Blob{parts.Config, size(parts.Config)}
	}
	if i.Config.Size == 0 {
		return i // nothing could hold the snapshots of its layers
	}
	chain, complete := r.Chain(snapshotter, parts.Top(snapshotter))
	name := ""
	for at, layer := range parts.Layers {
		l := Layer{Blob: Blob{layer, size(layer)}}
		l.Unpacked = int64(float64(l.Size) * factor)
		name += " " + string(layer)
		if l.Chain = digest.FromString("chain" + name); complete && len(chain) == len(parts.Layers) {
			l.Chain = digest.Digest(chain[at])
		}
		i.Layers = append(i.Layers, l)
	}
	return i
}

// stateReader reads the objects of an engine in the namespace of a context.
func stateReader(ctx context.Context, e *engine.Engine) nodestate.Reader {
	return nodestate.Reader{
		Labels: func(blob digest.Digest) (map[string]string, bool) {
			info, err := e.Content().Info(ctx, blob)
			return info.Labels, err == nil
		},
		Parent: func(snapshotter, key string) (string, bool) {
			s := e.Snapshotter(snapshotter)
			if s == nil {
				return "", false
			}
			info, err := s.Stat(ctx, key)
			return info.Parent, err == nil
		},
	}
}
