//go:build !wasm

package client

import (
	"context"
	"fmt"
	"io"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// differ applies layers to snapshots that have no files.
type differ struct{ *node }

// Compare is not implemented: there are no files to compare.
func (differ) Compare(context.Context, []mount.Mount, []mount.Mount, ...diff.Opt) (ocispec.Descriptor, error) {
	return ocispec.Descriptor{}, fmt.Errorf("compare snapshots of a node in memory: there are no files: %w", errdefs.ErrNotImplemented)
}

// Apply reads a layer from the content store and decompresses it, sets the usage of
// the active snapshot to which the mounts belong, and returns the digest and size of
// the uncompressed layer. Errors are those of the content store for a blob that is
// not there, has no bytes or another size; InvalidArgument for mounts that belong to
// no active snapshot of the namespace; and those of reading a damaged archive.
func (d differ) Apply(ctx context.Context, desc ocispec.Descriptor, mounts []mount.Mount, opts ...diff.ApplyOpt) (ocispec.Descriptor, error) {
	ctx = d.in(ctx)
	var config diff.ApplyConfig
	for _, opt := range opts {
		if err := opt(ctx, desc, &config); err != nil {
			return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
		}
	}
	blob, err := d.Content().ReaderAt(ctx, desc)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	defer blob.Close()
	to, err := d.mounted(ctx, mounts)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
	}
	if config.Progress != nil {
		config.Progress(0)
		defer config.Progress(blob.Size())
	}
	tar, err := uncompressed(ctx, desc.MediaType, content.NewReader(blob), config)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
	}
	defer tar.Close()
	layer := measuring{digester: digest.Canonical.Digester()}
	if err := layer.read(tar); err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
	}
	if err := d.SetUsage(ctx, to.snapshotter, to.key, layer.usage); err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
	}
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: layer.digester.Digest(), Size: layer.size}, nil
}

// uncompressed returns a stream of a tar archive, made by containerd's stream
// processors: those that the caller registered too.
func uncompressed(ctx context.Context, mediaType string, r io.Reader, config diff.ApplyConfig) (diff.StreamProcessor, error) {
	stream := diff.NewProcessorChain(mediaType, r)
	for {
		next, err := diff.GetProcessor(ctx, stream, config.ProcessorPayloads)
		if err != nil {
			return nil, fmt.Errorf("media type %q: %w", stream.MediaType(), err)
		}
		if stream = next; stream.MediaType() == ocispec.MediaTypeImageLayer {
			return stream, nil
		}
	}
}

// active names an active snapshot.
type active struct{ snapshotter, key string }

// mounted returns the active snapshot to which mounts belong.
func (d differ) mounted(ctx context.Context, mounts []mount.Mount) (found active, err error) {
	if len(mounts) != 1 {
		return found, fmt.Errorf("%d mounts, where a snapshot has one: %w", len(mounts), errdefs.ErrInvalidArgument)
	}
	for _, name := range d.snapshotters() {
		s := d.Snapshotter(name)
		err := s.Walk(ctx, func(ctx context.Context, info snapshots.Info) error {
			has, err := s.Mounts(ctx, info.Name)
			if err == nil && has[0].Source == mounts[0].Source {
				found = active{name, info.Name}
			}
			return err
		}, "kind==active")
		if err != nil || found.key != "" {
			return found, err
		}
	}
	return found, fmt.Errorf("mount of %q: no active snapshot has it: %w", mounts[0].Source, errdefs.ErrInvalidArgument)
}
