//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/v2/core/images"
)

type imageStore struct{ *node }

func (s imageStore) Get(ctx context.Context, name string) (images.Image, error) {
	return s.Images().Get(s.in(ctx), name)
}

func (s imageStore) List(ctx context.Context, filters ...string) ([]images.Image, error) {
	return s.Images().List(s.in(ctx), filters...)
}

func (s imageStore) Create(ctx context.Context, image images.Image) (images.Image, error) {
	return s.Images().Create(s.in(ctx), image)
}

func (s imageStore) Update(ctx context.Context, image images.Image, fieldpaths ...string) (images.Image, error) {
	return s.Images().Update(s.in(ctx), image, fieldpaths...)
}

// Delete deletes an image. If the deletion is synchronous, it then waits for a collection.
func (s imageStore) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	ctx = s.in(ctx)
	var how images.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &how); err != nil {
			return err
		}
	}
	if err := s.Images().Delete(ctx, name, opts...); err != nil || !how.Synchronous {
		return err
	}
	return s.collect(ctx)
}
