//go:build !wasm

package services

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

// differ applies layers to snapshots without files.
type differ struct{ *node }

// Compare is not implemented, because snapshots have no files to compare.
func (differ) Compare(context.Context, []mount.Mount, []mount.Mount, ...diff.Opt) (ocispec.Descriptor, error) {
	return ocispec.Descriptor{}, fmt.Errorf("compare snapshots of a node in memory: there are no files: %w", errdefs.ErrNotImplemented)
}

// Apply reads a layer from the content store, decompresses it, and sets the usage of the active snapshot that has the
// mounts. It returns the digest and the size of the uncompressed layer.
//
// It returns an error of the content store if the blob is missing, has no bytes or another size; InvalidArgument if no
// active snapshot of the namespace has the mounts; a read error if the archive is damaged.
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
	layer := layerMeter{digester: digest.Canonical.Digester()}
	if err := layer.read(tar); err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
	}
	if err := d.SetUsage(ctx, to.snapshotter, to.key, layer.usage); err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("layer %q: %w", desc.Digest, err)
	}
	return ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: layer.digester.Digest(), Size: layer.size}, nil
}

// uncompressed returns the tar archive of a layer as a stream. It uses containerd's stream processors, including
// processors that the caller registered.
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

// active is the name of an active snapshot.
type active struct{ snapshotter, key string }

// mounted returns the active snapshot that has the mounts.
func (d differ) mounted(ctx context.Context, mounts []mount.Mount) (found active, err error) {
	if len(mounts) != 1 {
		return found, fmt.Errorf("got %d mounts, want one: %w", len(mounts), errdefs.ErrInvalidArgument)
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
	return found, fmt.Errorf("no active snapshot has the mount %q: %w", mounts[0].Source, errdefs.ErrInvalidArgument)
}
