//go:build !wasm

package client

import (
	"context"
	"fmt"
	"maps"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/errdefs"
)

// MountType is the type of the mounts of a node's snapshots. They have no files, so the operating system cannot mount
// them. The node's mount manager activates them to an empty root: containerd's client then finds no /etc/passwd and no
// /etc/group, as in an image without these files.
const MountType = "holdfast"

// A snapshotter is a snapshotter of the node whose mounts have [MountType].
type snapshotter struct{ snapshots.Snapshotter }

func withoutFiles(all map[string]snapshots.Snapshotter) map[string]snapshots.Snapshotter {
	wrapped := maps.Clone(all)
	for name, s := range wrapped {
		wrapped[name] = snapshotter{s}
	}
	return wrapped
}

func (s snapshotter) Mounts(ctx context.Context, key string) ([]mount.Mount, error) {
	return typed(s.Snapshotter.Mounts(ctx, key))
}

func (s snapshotter) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return typed(s.Snapshotter.Prepare(ctx, key, parent, opts...))
}

func (s snapshotter) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]mount.Mount, error) {
	return typed(s.Snapshotter.View(ctx, key, parent, opts...))
}

// Cleanup calls the node's snapshotter.
func (s snapshotter) Cleanup(ctx context.Context) error {
	return s.Snapshotter.(snapshots.Cleaner).Cleanup(ctx)
}

func typed(mounts []mount.Mount, err error) ([]mount.Mount, error) {
	for i := range mounts {
		mounts[i].Type = MountType
	}
	return mounts, err
}

// A mountManager activates mounts of [MountType]. It keeps nothing, because there is nothing to unmount.
type mountManager struct{}

// Activate returns an activation without system mounts, which is an empty directory.
func (mountManager) Activate(_ context.Context, name string, mounts []mount.Mount, _ ...mount.ActivateOpt) (mount.ActivationInfo, error) {
	for _, m := range mounts {
		if m.Type != MountType {
			return mount.ActivationInfo{}, fmt.Errorf("activate a mount of type %q: a node in memory mounts no files: %w", m.Type, errdefs.ErrNotImplemented)
		}
	}
	return mount.ActivationInfo{Name: name}, nil
}

func (mountManager) Deactivate(context.Context, string) error { return nil }

func (mountManager) Info(_ context.Context, name string) (mount.ActivationInfo, error) {
	return mount.ActivationInfo{}, fmt.Errorf("mount %q: a node in memory keeps no mounts: %w", name, errdefs.ErrNotFound)
}

func (m mountManager) Update(ctx context.Context, info mount.ActivationInfo, _ ...string) (mount.ActivationInfo, error) {
	return m.Info(ctx, info.Name)
}

func (mountManager) List(context.Context, ...string) ([]mount.ActivationInfo, error) { return nil, nil }

var (
	_ snapshots.Cleaner = snapshotter{}
	_ mount.Manager     = mountManager{}
)
