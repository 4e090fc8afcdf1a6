package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// snapshotterGate passes the calls of a daemon to a snapshotter backend.
type snapshotterGate struct {
	d  *daemon
	on string
	to *backend.Snapshotter
}

func (g *snapshotterGate) site(call, key string) site { return site{g.on, call, key} }

func (g *snapshotterGate) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	return pass(ctx, g.d, g.site("stat", key), func() (snapshots.Info, error) { return g.to.Stat(ctx, key) })
}

func (g *snapshotterGate) Update(ctx context.Context, info snapshots.Info, paths ...string) (snapshots.Info, error) {
	return pass(ctx, g.d, g.site("update", info.Name), func() (snapshots.Info, error) { return g.to.Update(ctx, info, paths...) })
}

func (g *snapshotterGate) Usage(ctx context.Context, key string) (snapshots.Usage, error) {
	return pass(ctx, g.d, g.site("usage", key), func() (snapshots.Usage, error) { return g.to.Usage(ctx, key) })
}

func (g *snapshotterGate) Mounts(ctx context.Context, key string) ([]snapshots.Mount, error) {
	return pass(ctx, g.d, g.site("mounts", key), func() ([]snapshots.Mount, error) { return g.to.Mounts(ctx, key) })
}

func (g *snapshotterGate) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return pass(ctx, g.d, g.site("prepare", key), func() ([]snapshots.Mount, error) { return g.to.Prepare(ctx, key, parent, opts...) })
}

func (g *snapshotterGate) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return pass(ctx, g.d, g.site("view", key), func() ([]snapshots.Mount, error) { return g.to.View(ctx, key, parent, opts...) })
}

func (g *snapshotterGate) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	return passOnly(ctx, g.d, g.site("commit", key), func() error { return g.to.Commit(ctx, name, key, opts...) })
}

func (g *snapshotterGate) Remove(ctx context.Context, key string) error {
	return passOnly(ctx, g.d, g.site("remove", key), func() error { return g.to.Remove(ctx, key) })
}

func (g *snapshotterGate) Walk(ctx context.Context, fn snapshots.WalkFunc, filters ...string) error {
	return passOnly(ctx, g.d, g.site("walk", ""), func() error { return g.to.Walk(ctx, fn, filters...) })
}

func (g *snapshotterGate) Close() error { return g.to.Close() }
