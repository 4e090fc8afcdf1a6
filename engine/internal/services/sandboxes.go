//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/v2/core/sandbox"
)

type sandboxStore struct{ *node }

func (s sandboxStore) Get(ctx context.Context, id string) (sandbox.Sandbox, error) {
	return s.Sandboxes().Get(s.in(ctx), id)
}

func (s sandboxStore) List(ctx context.Context, filters ...string) ([]sandbox.Sandbox, error) {
	return s.Sandboxes().List(s.in(ctx), filters...)
}

func (s sandboxStore) Create(ctx context.Context, record sandbox.Sandbox) (sandbox.Sandbox, error) {
	return s.Sandboxes().Create(s.in(ctx), record)
}

func (s sandboxStore) Update(ctx context.Context, record sandbox.Sandbox, fieldpaths ...string) (sandbox.Sandbox, error) {
	return s.Sandboxes().Update(s.in(ctx), record, fieldpaths...)
}

func (s sandboxStore) Delete(ctx context.Context, id string) error {
	return s.Sandboxes().Delete(s.in(ctx), id)
}
