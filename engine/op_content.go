package engine

import (
	"fmt"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// Arguments of the Ops on content.
type (
	// Blob names a blob.
	Blob struct{ Digest digest.Digest }
	// BlobUpdate replaces the labels of a blob, or those that Paths name.
	BlobUpdate struct {
		Info  content.Info
		Paths []string
	}
	// BlobRead reads part of a blob: Size bytes from Offset on, or fewer where it
	// ends; Size 0 is all the rest.
	BlobRead struct {
		Digest digest.Digest
		Offset int64
		Size   int64
	}
	// BlobPlace puts a blob below the content store, whatever namespace, of which only the size is known: as if another
	// client had brought it. A writer that asks for it then commits it without a byte written. To read it is a
	// FailedPrecondition; to place what is there, AlreadyExists.
	BlobPlace struct {
		Digest digest.Digest
		Size   int64
	}
	// Ingest names an ingest.
	Ingest struct{ Ref string }
)

var contentRows = []row{
	reads("content.info", func(c *call, a Blob) (any, error) {
		return returned(c.node.Content().Info(c.ctx, a.Digest))
	}),
	writes("content.update", func(c *call, a BlobUpdate) (any, error) {
		return returned(c.node.Content().Update(c.ctx, a.Info, a.Paths...))
	}),
	reads("content.walk", func(c *call, a Filtered) (any, error) {
		infos := []content.Info{}
		err := c.node.Content().Walk(c.ctx, func(info content.Info) error {
			infos = append(infos, info)
			return nil
		}, a.Filters...)
		return returned(infos, err)
	}),
	writes("content.delete", func(c *call, a Blob) (any, error) {
		return nil, c.node.Content().Delete(c.ctx, a.Digest)
	}),
	reads("content.read", func(c *call, a BlobRead) (any, error) {
		r, err := c.node.Content().ReaderAt(c.ctx, ocispec.Descriptor{Digest: a.Digest})
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return readPart(r, a.Offset, a.Size)
	}),
	around("content.place", func(c *call, a BlobPlace) (any, error) {
		if err := a.Digest.Validate(); err != nil {
			return nil, invalid("digest %q: %v", a.Digest, err)
		}
		if a.Size < 0 {
			return nil, invalid("size %d can't be negative", a.Size)
		}
		b := c.node.ContentBackend()
		if _, err := b.Info(c.ctx, a.Digest); err == nil {
			return nil, fmt.Errorf("content %q: %w", a.Digest, errdefs.ErrAlreadyExists)
		}
		now := c.node.clock.Now()
		b.Place(content.Info{Digest: a.Digest, Size: a.Size, CreatedAt: now, UpdatedAt: now})
		return nil, nil
	}),
	reads("content.liststatuses", func(c *call, a Filtered) (any, error) {
		return returned(c.node.Content().ListStatuses(c.ctx, a.Filters...))
	}),
	reads("content.status", func(c *call, a Ingest) (any, error) {
		return returned(c.node.Content().Status(c.ctx, a.Ref))
	}),
	writes("content.abort", func(c *call, a Ingest) (any, error) {
		return nil, c.node.Content().Abort(c.ctx, a.Ref)
	}),
}
