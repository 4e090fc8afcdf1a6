package op

import (
	"context"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/content"
)

// Arguments of the Ops on content.
type (
	// Blob is the digest of a blob.
	Blob struct{ Digest digest.Digest }
	// ContentUpdateArgs replace all labels of a blob, or the labels that Paths name.
	ContentUpdateArgs struct {
		Info  content.Info
		Paths []string
	}
	// ContentReadArgs select Size bytes of a blob from Offset on, or fewer at its end. Size 0 is all the rest.
	ContentReadArgs struct {
		Digest digest.Digest
		Offset int64
		Size   int64
	}
	// ContentPlaceArgs add a blob of known size and unknown bytes to the content backend, outside of all namespaces, as
	// if another client had uploaded it. A writer that expects the digest can then commit without writing a byte.
	// Reading the blob fails with FailedPrecondition, placing it again with AlreadyExists.
	ContentPlaceArgs struct {
		Digest digest.Digest
		Size   int64
	}
	// Ingest is the reference of an ingest.
	Ingest struct{ Ref string }
)

func contentStore(t Target) content.Store { return t.Stores.Content() }

var contentRows = []Row{
	reads(ContentInfo, contentStore, func(ctx context.Context, s content.Store, a Blob) (content.Info, error) {
		return s.Info(ctx, a.Digest)
	}),
	writes(ContentUpdate, contentStore, func(ctx context.Context, s content.Store, a ContentUpdateArgs) (content.Info, error) {
		return s.Update(ctx, a.Info, a.Paths...)
	}),
	reads(ContentWalk, contentStore, func(ctx context.Context, s content.Store, a Filtered) ([]content.Info, error) {
		infos := []content.Info{}
		err := s.Walk(ctx, func(info content.Info) error {
			infos = append(infos, info)
			return nil
		}, a.Filters...)
		return infos, err
	}),
	writes(ContentDelete, contentStore, func(ctx context.Context, s content.Store, a Blob) (None, error) {
		return None{}, s.Delete(ctx, a.Digest)
	}),
	reads(ContentRead, contentStore, func(ctx context.Context, s content.Store, a ContentReadArgs) (partial[[]byte], error) {
		r, err := s.ReaderAt(ctx, ocispec.Descriptor{Digest: a.Digest})
		if err != nil {
			return partial[[]byte]{}, err
		}
		defer r.Close()
		return readPart(r, a.Offset, a.Size)
	}),
	reads(ContentListStatuses, contentStore, func(ctx context.Context, s content.Store, a Filtered) ([]content.Status, error) {
		return s.ListStatuses(ctx, a.Filters...)
	}),
	reads(ContentStatus, contentStore, func(ctx context.Context, s content.Store, a Ingest) (content.Status, error) {
		return s.Status(ctx, a.Ref)
	}),
	writes(ContentAbort, contentStore, func(ctx context.Context, s content.Store, a Ingest) (None, error) {
		return None{}, s.Abort(ctx, a.Ref)
	}),
}
