package stores

import (
	"context"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// target implements [op.Stores] for [Stores].
type target struct{ s Stores }

func (t target) Images() images.Store         { return t.s.Images }
func (t target) Containers() containers.Store { return t.s.Containers }
func (t target) Sandboxes() sandbox.Store     { return t.s.Sandboxes }
func (t target) Leases() leases.Manager       { return t.s.Leases }
func (t target) Content() content.Store       { return t.s.Content }

func (t target) Snapshotter(name string) snapshots.Snapshotter { return t.s.Snapshotters[name] }

func (t target) Namespaces() namespaces.Store {
	if t.s.Namespaces == nil {
		return nil
	}
	return namespaceStore{t.s.Namespaces}
}

// A namespaceStore runs each call in the transaction that within provides.
type namespaceStore struct {
	within func(ctx context.Context, fn func(namespaces.Store) error) error
}

func (n namespaceStore) Create(ctx context.Context, name string, labels map[string]string) error {
	return n.within(ctx, func(s namespaces.Store) error { return s.Create(ctx, name, labels) })
}

func (n namespaceStore) Labels(ctx context.Context, name string) (labels map[string]string, err error) {
	err = n.within(ctx, func(s namespaces.Store) (err error) {
		labels, err = s.Labels(ctx, name)
		return err
	})
	return labels, err
}

func (n namespaceStore) SetLabel(ctx context.Context, name, key, value string) error {
	return n.within(ctx, func(s namespaces.Store) error { return s.SetLabel(ctx, name, key, value) })
}

func (n namespaceStore) List(ctx context.Context) (names []string, err error) {
	err = n.within(ctx, func(s namespaces.Store) (err error) {
		names, err = s.List(ctx)
		return err
	})
	return names, err
}

func (n namespaceStore) Delete(ctx context.Context, name string, opts ...namespaces.DeleteOpts) error {
	return n.within(ctx, func(s namespaces.Store) error { return s.Delete(ctx, name, opts...) })
}
