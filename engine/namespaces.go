package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// namespaceStore is metadata's store of namespaces with a transaction of its own for each call.
type namespaceStore struct{ db *metadata.DB }

func (s namespaceStore) update(ctx context.Context, fn func(namespaces.Store) error) error {
	if tx, ok := boltutil.Transaction(ctx); ok {
		return fn(metadata.NewNamespaceStore(tx))
	}
	return s.db.UpdateContext(ctx, func(tx *memkv.Tx) error { return fn(metadata.NewNamespaceStore(tx)) })
}

func (s namespaceStore) view(ctx context.Context, fn func(namespaces.Store) error) error {
	if tx, ok := boltutil.Transaction(ctx); ok {
		return fn(metadata.NewNamespaceStore(tx))
	}
	return s.db.ViewContext(ctx, func(tx *memkv.Tx) error { return fn(metadata.NewNamespaceStore(tx)) })
}

func (s namespaceStore) Create(ctx context.Context, name string, labels map[string]string) error {
	return s.update(ctx, func(store namespaces.Store) error { return store.Create(ctx, name, labels) })
}

func (s namespaceStore) Labels(ctx context.Context, name string) (labels map[string]string, err error) {
	err = s.view(ctx, func(store namespaces.Store) error {
		labels, err = store.Labels(ctx, name)
		return err
	})
	return labels, err
}

func (s namespaceStore) SetLabel(ctx context.Context, name, key, value string) error {
	return s.update(ctx, func(store namespaces.Store) error { return store.SetLabel(ctx, name, key, value) })
}

func (s namespaceStore) List(ctx context.Context) (names []string, err error) {
	err = s.view(ctx, func(store namespaces.Store) error {
		names, err = store.List(ctx)
		return err
	})
	return names, err
}

func (s namespaceStore) Delete(ctx context.Context, name string, opts ...namespaces.DeleteOpts) error {
	return s.update(ctx, func(store namespaces.Store) error { return store.Delete(ctx, name, opts...) })
}
