package op

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Arguments of the Ops on snapshots. Snapshotter is the name of the snapshotter.
type (
	// Snapshot is the key of a snapshot.
	Snapshot struct{ Snapshotter, Key string }
	// SnapshotsUpdateArgs replace all labels of a snapshot, or the labels that Paths name.
	SnapshotsUpdateArgs struct {
		Snapshotter string
		Info        snapshots.Info
		Paths       []string
	}
	// SnapshotCreate is a new active snapshot, or a new view.
	SnapshotCreate struct {
		Snapshotter string
		Key         string
		Parent      string
		Labels      map[string]string
	}
	// SnapshotsCommitArgs turn an active snapshot into a committed one.
	SnapshotsCommitArgs struct {
		Snapshotter string
		Name        string
		Key         string
		Parent      string // for a snapshot that was prepared without one
		Labels      map[string]string
	}
	// SnapshotsWalkArgs select snapshots by filters.
	SnapshotsWalkArgs struct {
		Snapshotter string
		Filters     []string
	}
	// Snapshotter is the name of a snapshotter.
	Snapshotter struct{ Snapshotter string }
	// SnapshotsSetUsageArgs set the usage of an active snapshot. In-memory snapshots have no files to measure.
	SnapshotsSetUsageArgs struct {
		Snapshotter string
		Key         string
		Usage       snapshots.Usage
	}
)

func (a Snapshot) snapshotter() string            { return a.Snapshotter }
func (a SnapshotsUpdateArgs) snapshotter() string { return a.Snapshotter }
func (a SnapshotCreate) snapshotter() string      { return a.Snapshotter }
func (a SnapshotsCommitArgs) snapshotter() string { return a.Snapshotter }
func (a SnapshotsWalkArgs) snapshotter() string   { return a.Snapshotter }
func (a Snapshotter) snapshotter() string         { return a.Snapshotter }

func storesOf(t Target) Stores { return t.Stores }

// on is a call to the snapshotter that the arguments name.
func on[A interface{ snapshotter() string }, R any](call func(context.Context, snapshots.Snapshotter, A) (R, error)) func(context.Context, Stores, A) (R, error) {
	return func(ctx context.Context, stores Stores, a A) (r R, err error) {
		s := stores.Snapshotter(a.snapshotter())
		if s == nil {
			return r, NoSnapshotter(a.snapshotter())
		}
		return call(ctx, s, a)
	}
}

// NoSnapshotter returns the error of a call to a snapshotter that the node doesn't have. Its class is NotFound.
func NoSnapshotter(name string) error {
	return fmt.Errorf("snapshotter %q: %w", name, errdefs.ErrNotFound)
}

var snapshotRows = []Row{
	reads(SnapshotsStat, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a Snapshot) (snapshots.Info, error) {
		return s.Stat(ctx, a.Key)
	})),
	writes(SnapshotsUpdate, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a SnapshotsUpdateArgs) (snapshots.Info, error) {
		return s.Update(ctx, a.Info, a.Paths...)
	})),
	reads(SnapshotsUsage, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a Snapshot) (snapshots.Usage, error) {
		return s.Usage(ctx, a.Key)
	})),
	reads(SnapshotsMounts, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a Snapshot) ([]snapshots.Mount, error) {
		return s.Mounts(ctx, a.Key)
	})),
	writes(SnapshotsPrepare, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a SnapshotCreate) ([]snapshots.Mount, error) {
		return s.Prepare(ctx, a.Key, a.Parent, labelled(a.Labels)...)
	})),
	writes(SnapshotsView, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a SnapshotCreate) ([]snapshots.Mount, error) {
		return s.View(ctx, a.Key, a.Parent, labelled(a.Labels)...)
	})),
	writes(SnapshotsCommit, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a SnapshotsCommitArgs) (None, error) {
		opts := labelled(a.Labels)
		if a.Parent != "" {
			opts = append(opts, snapshots.WithParent(a.Parent))
		}
		return None{}, s.Commit(ctx, a.Name, a.Key, opts...)
	})),
	writes(SnapshotsRemove, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a Snapshot) (None, error) {
		return None{}, s.Remove(ctx, a.Key)
	})),
	reads(SnapshotsWalk, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, a SnapshotsWalkArgs) ([]snapshots.Info, error) {
		infos := []snapshots.Info{}
		err := s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			infos = append(infos, info)
			return nil
		}, a.Filters...)
		return infos, err
	})),
	reads(SnapshotsCleanup, storesOf, on(func(ctx context.Context, s snapshots.Snapshotter, _ Snapshotter) (None, error) {
		c, ok := s.(snapshots.Cleaner)
		if !ok {
			return None{}, notImplemented(SnapshotsCleanup)
		}
		return None{}, c.Cleanup(ctx)
	})),
	reads(SnapshotsClose, storesOf, on(func(_ context.Context, s snapshots.Snapshotter, _ Snapshotter) (None, error) {
		return None{}, s.Close()
	})),
}

func labelled(labels map[string]string) []snapshots.Opt {
	if labels == nil {
		return nil
	}
	return []snapshots.Opt{snapshots.WithLabels(labels)}
}
