//go:build !wasm

package images

import (
	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

type (
	// Image is a record of the image store.
	Image = images.Image
	// Store stores image records.
	Store = images.Store
	// DeleteOpt is an option of Store.Delete.
	DeleteOpt = images.DeleteOpt
	// DeleteOptions are the values that DeleteOpt options set.
	DeleteOptions = images.DeleteOptions
)

// SynchronousDelete requests a collection before Delete returns.
func SynchronousDelete() DeleteOpt { return images.SynchronousDelete() }

// DeleteTarget makes Delete fail with NotFound unless target has the digest of the image's target.
func DeleteTarget(target *ocispec.Descriptor) DeleteOpt { return images.DeleteTarget(target) }
