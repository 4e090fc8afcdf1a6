//go:build wasm

package images

import (
	"context"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Image is a record of the image store.
type Image struct {
	Name                 string // unique in its namespace
	Labels               map[string]string
	Target               ocispec.Descriptor
	CreatedAt, UpdatedAt time.Time
}

// Store stores image records.
type Store interface {
	Get(ctx context.Context, name string) (Image, error)
	List(ctx context.Context, filters ...string) ([]Image, error)
	Create(ctx context.Context, image Image) (Image, error)
	Update(ctx context.Context, image Image, fieldpaths ...string) (Image, error)
	Delete(ctx context.Context, name string, opts ...DeleteOpt) error
}

// DeleteOpt is an option of Store.Delete.
type DeleteOpt func(context.Context, *DeleteOptions) error

// DeleteOptions are the values that DeleteOpt options set.
type DeleteOptions struct {
	Synchronous bool
	Target      *ocispec.Descriptor
}

// SynchronousDelete requests a collection before Delete returns.
func SynchronousDelete() DeleteOpt {
	return func(_ context.Context, o *DeleteOptions) error {
		o.Synchronous = true
		return nil
	}
}

// DeleteTarget makes Delete fail with NotFound unless target has the digest of the image's target.
func DeleteTarget(target *ocispec.Descriptor) DeleteOpt {
	return func(_ context.Context, o *DeleteOptions) error {
		o.Target = target
		return nil
	}
}
