package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Snapshotter returns the snapshotter of a name. If it does not exist, its calls fail with NotFound.
func (r *Recorder) Snapshotter(name string) snapshots.Snapshotter {
	return recordedSnapshotter{r, name}
}

type recordedSnapshotter struct {
	r    *Recorder
	name string
}

func (s recordedSnapshotter) Stat(ctx context.Context, key string) (snapshots.Info, error) {
	return ask[snapshots.Info](ctx, s.r, op.SnapshotsStat, op.Snapshot{Snapshotter: s.name, Key: key})
}

func (s recordedSnapshotter) Update(ctx context.Context, info snapshots.Info, paths ...string) (snapshots.Info, error) {
	return ask[snapshots.Info](ctx, s.r, op.SnapshotsUpdate, op.SnapshotsUpdateArgs{Snapshotter: s.name, Info: info, Paths: paths})
}

func (s recordedSnapshotter) Usage(ctx context.Context, key string) (snapshots.Usage, error) {
	return ask[snapshots.Usage](ctx, s.r, op.SnapshotsUsage, op.Snapshot{Snapshotter: s.name, Key: key})
}

func (s recordedSnapshotter) Mounts(ctx context.Context, key string) ([]snapshots.Mount, error) {
	return ask[[]snapshots.Mount](ctx, s.r, op.SnapshotsMounts, op.Snapshot{Snapshotter: s.name, Key: key})
}

func (s recordedSnapshotter) Prepare(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(ctx, op.SnapshotsPrepare, key, parent, opts)
}

func (s recordedSnapshotter) View(ctx context.Context, key, parent string, opts ...snapshots.Opt) ([]snapshots.Mount, error) {
	return s.create(ctx, op.SnapshotsView, key, parent, opts)
}

func (s recordedSnapshotter) create(ctx context.Context, name op.Name, key, parent string, opts []snapshots.Opt) ([]snapshots.Mount, error) {
	base, err := applied(opts)
	if err != nil {
		return nil, err
	}
	return ask[[]snapshots.Mount](ctx, s.r, name, op.SnapshotCreate{Snapshotter: s.name, Key: key, Parent: parent, Labels: base.Labels})
}

func (s recordedSnapshotter) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	base, err := applied(opts)
	if err != nil {
		return err
	}
	return tell(ctx, s.r, op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: s.name, Name: name, Key: key, Parent: base.Parent, Labels: base.Labels})
}

func (s recordedSnapshotter) Remove(ctx context.Context, key string) error {
	return tell(ctx, s.r, op.SnapshotsRemove, op.Snapshot{Snapshotter: s.name, Key: key})
}

func (s recordedSnapshotter) Walk(ctx context.Context, fn snapshots.WalkFunc, filters ...string) error {
	infos, err := ask[[]snapshots.Info](ctx, s.r, op.SnapshotsWalk, op.SnapshotsWalkArgs{Snapshotter: s.name, Filters: filters})
	for _, info := range infos {
		if err := fn(ctx, info); err != nil {
			return err
		}
	}
	return err
}

func (s recordedSnapshotter) Cleanup(ctx context.Context) error {
	return tell(ctx, s.r, op.SnapshotsCleanup, op.Snapshotter{Snapshotter: s.name})
}

func (s recordedSnapshotter) Close() error {
	return tell(context.Background(), s.r, op.SnapshotsClose, op.Snapshotter{Snapshotter: s.name})
}

// applied returns the record that the options produce.
func applied(opts []snapshots.Opt) (base snapshots.Info, err error) {
	for _, opt := range opts {
		if err := opt(&base); err != nil {
			return snapshots.Info{}, err
		}
	}
	return base, nil
}
