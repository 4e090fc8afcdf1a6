package engine

import (
	"context"
	"errors"
	"io"
	"iter"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// blobs is a content backend as [examine.Check] reads it.
type blobs struct{ content *backend.Content }

var errStop = errors.New("stop")

// All yields all blobs in the order of digests.
func (b blobs) All() iter.Seq2[examine.Blob, error] {
	return func(yield func(examine.Blob, error) bool) {
		_ = b.content.Walk(context.Background(), func(info content.Info) error {
			if !yield(examine.Blob{Digest: info.Digest.String(), Size: info.Size}, nil) {
				return errStop
			}
			return nil
		})
	}
}

// Read returns the first max bytes of a blob.
func (b blobs) Read(dgst string, max int64) ([]byte, error) {
	r, err := b.content.ReaderAt(context.Background(), ocispec.Descriptor{Digest: digest.Digest(dgst)})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.NewSectionReader(r, 0, min(max, r.Size())))
}

// Open returns the content of a blob. The caller closes it.
func (b blobs) Open(dgst string) (io.ReadCloser, error) {
	r, err := b.content.ReaderAt(context.Background(), ocispec.Descriptor{Digest: digest.Digest(dgst)})
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(r, 0, r.Size()), r}, nil
}

// Uploads returns the uploads by the hash of their reference.
func (b blobs) Uploads() (map[string]bool, error) {
	uploads := map[string]bool{}
	err := b.content.WalkStatusRefs(context.Background(), func(ref string) error {
		uploads[digest.FromString(ref).Encoded()] = true
		return nil
	})
	return uploads, err
}
