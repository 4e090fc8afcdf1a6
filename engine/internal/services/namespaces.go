//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// namespaceStore publishes the events of namespaces, which the store of the node does not publish. Each event is in the
// namespace that changed.
type namespaceStore struct{ *node }

func (s namespaceStore) Create(ctx context.Context, name string, labels map[string]string) error {
	if err := s.Namespaces().Create(ctx, name, labels); err != nil {
		return err
	}
	return s.publish(namespaces.WithNamespace(ctx, name), "/namespaces/create", &events.NamespaceCreate{Name: name, Labels: labels})
}

func (s namespaceStore) Labels(ctx context.Context, name string) (map[string]string, error) {
	return s.Namespaces().Labels(ctx, name)
}

func (s namespaceStore) SetLabel(ctx context.Context, name, key, value string) error {
	if err := s.Namespaces().SetLabel(ctx, name, key, value); err != nil {
		return err
	}
	return s.publish(namespaces.WithNamespace(ctx, name), "/namespaces/update", &events.NamespaceUpdate{
		Name:   name,
		Labels: map[string]string{key: value},
	})
}

func (s namespaceStore) List(ctx context.Context) ([]string, error) {
	return s.Namespaces().List(ctx)
}

func (s namespaceStore) Delete(ctx context.Context, name string, opts ...namespaces.DeleteOpts) error {
	if err := s.Namespaces().Delete(ctx, name, opts...); err != nil {
		return err
	}
	return s.publish(namespaces.WithNamespace(ctx, name), "/namespaces/delete", &events.NamespaceDelete{Name: name})
}
