//go:build !wasm

package images

import (
	"github.com/containerd/containerd/v2/core/images"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

type (
	// Image is a record of the image store.
	Image = images.Image
	// Store keeps image records.
	Store = images.Store
	// DeleteOpt sets how an image is deleted.
	DeleteOpt = images.DeleteOpt
	// DeleteOptions are how an image is deleted.
	DeleteOptions = images.DeleteOptions
)

// SynchronousDelete has garbage be collected before the deletion returns.
func SynchronousDelete() DeleteOpt { return images.SynchronousDelete() }

// DeleteTarget has the image be deleted only if that is its target.
func DeleteTarget(target *ocispec.Descriptor) DeleteOpt { return images.DeleteTarget(target) }
