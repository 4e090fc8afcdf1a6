//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
)

// snapshotter is a snapshotter of the node.
type snapshotter struct {
	*node
	name string
}

func (s snapshotter) current() snapshots.Snapshotter { return s.Snapshotter(s.name) }

func (s snapshotter) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	return s.current().Stat(s.in(ctx), key)
}

func (s snapshotter) Update(ctx context.Context, info snapshots.Info, fieldpaths ...string) (snapshots.Info, error) {
	return s.current().Update(s.in(ctx), info, fieldpaths...)
}

func (s snapshotter) Usage(ctx context.Context, key string) (snapshots.Usage, error) {
	return s.current().Usage(s.in(ctx), key)
}

func (s snapshotter) Mounts(ctx context.Context, key string) ([]mount.Mount, error) {
	return s.current().Mounts(s.in(ctx), key)
}

func (s snapshotter) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return s.current().Prepare(s.in(ctx), key, parent, opts...)
}

func (s snapshotter) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return s.current().View(s.in(ctx), key, parent, opts...)
}

func (s snapshotter) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	return s.current().Commit(s.in(ctx), name, key, opts...)
}

func (s snapshotter) Remove(ctx context.Context, key string) error {
	return s.current().Remove(s.in(ctx), key)
}

func (s snapshotter) Walk(ctx context.Context, fn snapshots.WalkFunc, filters ...string) error {
	return s.current().Walk(s.in(ctx), fn, filters...)
}

// Cleanup calls the node's snapshotter. Its error is NotImplemented, as with a daemon.
func (s snapshotter) Cleanup(ctx context.Context) error {
	return s.current().(snapshots.Cleaner).Cleanup(s.in(ctx))
}

// Close does nothing, because other clients use the snapshotter.
func (s snapshotter) Close() error { return nil }

var _ snapshots.Cleaner = snapshotter{}
