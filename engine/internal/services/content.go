//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

type contentStore struct{ *node }

func (s contentStore) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	return s.Content().Info(s.in(ctx), dgst)
}

func (s contentStore) Update(ctx context.Context, info content.Info, fieldpaths ...string) (content.Info, error) {
	return s.Content().Update(s.in(ctx), info, fieldpaths...)
}

func (s contentStore) Walk(ctx context.Context, fn content.WalkFunc, filters ...string) error {
	return s.Content().Walk(s.in(ctx), fn, filters...)
}

func (s contentStore) Delete(ctx context.Context, dgst digest.Digest) error {
	return s.Content().Delete(s.in(ctx), dgst)
}

func (s contentStore) ReaderAt(ctx context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	return s.Content().ReaderAt(s.in(ctx), desc)
}

func (s contentStore) Status(ctx context.Context, ref string) (content.Status, error) {
	return s.Content().Status(s.in(ctx), ref)
}

func (s contentStore) ListStatuses(ctx context.Context, filters ...string) ([]content.Status, error) {
	return s.Content().ListStatuses(s.in(ctx), filters...)
}

func (s contentStore) Abort(ctx context.Context, ref string) error {
	return s.Content().Abort(s.in(ctx), ref)
}

func (s contentStore) Writer(ctx context.Context, opts ...content.WriterOpt) (content.Writer, error) {
	return s.Content().Writer(s.in(ctx), opts...)
}
