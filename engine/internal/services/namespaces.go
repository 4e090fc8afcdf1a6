//go:build !wasm

package services

import (
	"context"
	"maps"
	"slices"

	"github.com/containerd/containerd/api/events"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
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

// Update sets the labels of the given keys to their values in labels, and deletes the labels without a value. Without
// keys, it replaces all labels. It publishes one event.
func (s namespaceStore) Update(ctx context.Context, name string, labels map[string]string, keys []string) error {
	err := s.update(func(tx *memkv.Tx) error {
		ctx := metadata.WithTransactionContext(ctx, tx)
		if len(keys) == 0 {
			old, err := s.Namespaces().Labels(ctx, name)
			if err != nil {
				return err
			}
			maps.Copy(old, labels)
			keys = slices.Sorted(maps.Keys(old))
		}
		for _, key := range keys {
			if err := s.Namespaces().SetLabel(ctx, name, key, labels[key]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.publish(namespaces.WithNamespace(ctx, name), "/namespaces/update", &events.NamespaceUpdate{Name: name, Labels: labels})
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
