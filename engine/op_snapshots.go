package engine

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Arguments of the Ops on snapshots.
type (
	// Snapshot names a snapshot.
	Snapshot struct{ Snapshotter, Key string }
	// SnapshotUpdate replaces the labels of a snapshot, or those that Paths name.
	SnapshotUpdate struct {
		Snapshotter string
		Info        snapshots.Info
		Paths       []string
	}
	// SnapshotCreate makes an active snapshot or a view.
	SnapshotCreate struct {
		Snapshotter string
		Key         string
		Parent      string
		Labels      map[string]string
	}
	// SnapshotCommit makes an active snapshot a committed one.
	SnapshotCommit struct {
		Snapshotter string
		Name        string
		Key         string
		Parent      string // for one that has none
		Labels      map[string]string
	}
	// SnapshotWalk lists snapshots.
	SnapshotWalk struct {
		Snapshotter string
		Filters     []string
	}
	// Snapshotter names a snapshotter.
	Snapshotter struct{ Snapshotter string }
	// SnapshotSetUsage says what an active snapshot takes up from now on: there are
	// no files that would.
	SnapshotSetUsage struct {
		Snapshotter string
		Key         string
		Usage       snapshots.Usage
	}
)

var snapshotRows = []row{
	reads("snapshots.stat", func(c *call, a Snapshot) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) { return returned(s.Stat(c.ctx, a.Key)) })
	}),
	writes("snapshots.update", func(c *call, a SnapshotUpdate) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) {
			return returned(s.Update(c.ctx, a.Info, a.Paths...))
		})
	}),
	reads("snapshots.usage", func(c *call, a Snapshot) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) { return returned(s.Usage(c.ctx, a.Key)) })
	}),
	reads("snapshots.mounts", func(c *call, a Snapshot) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) { return returned(s.Mounts(c.ctx, a.Key)) })
	}),
	writes("snapshots.prepare", func(c *call, a SnapshotCreate) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) {
			return returned(s.Prepare(c.ctx, a.Key, a.Parent, labelled(a.Labels)...))
		})
	}),
	writes("snapshots.view", func(c *call, a SnapshotCreate) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) {
			return returned(s.View(c.ctx, a.Key, a.Parent, labelled(a.Labels)...))
		})
	}),
	writes("snapshots.commit", func(c *call, a SnapshotCommit) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) {
			opts := labelled(a.Labels)
			if a.Parent != "" {
				opts = append(opts, snapshots.WithParent(a.Parent))
			}
			return nil, s.Commit(c.ctx, a.Name, a.Key, opts...)
		})
	}),
	writes("snapshots.remove", func(c *call, a Snapshot) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) { return nil, s.Remove(c.ctx, a.Key) })
	}),
	reads("snapshots.walk", func(c *call, a SnapshotWalk) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) {
			infos := []snapshots.Info{}
			err := s.Walk(c.ctx, func(_ context.Context, info snapshots.Info) error {
				infos = append(infos, info)
				return nil
			}, a.Filters...)
			return returned(infos, err)
		})
	}),
	reads("snapshots.cleanup", func(c *call, a Snapshotter) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) {
			return nil, s.(snapshots.Cleaner).Cleanup(c.ctx)
		})
	}),
	reads("snapshots.close", func(c *call, a Snapshotter) (any, error) {
		return onSnapshotter(c, a.Snapshotter, func(s snapshots.Snapshotter) (any, error) { return nil, s.Close() })
	}),
	reads("snapshots.setusage", func(c *call, a SnapshotSetUsage) (any, error) {
		return nil, c.node.SetUsage(c.ctx, a.Snapshotter, a.Key, a.Usage)
	}),
}

func onSnapshotter(c *call, name string, apply func(snapshots.Snapshotter) (any, error)) (any, error) {
	s := c.node.Snapshotter(name)
	if s == nil {
		return nil, noSnapshotter(name)
	}
	return apply(s)
}

func noSnapshotter(name string) error {
	return fmt.Errorf("snapshotter %q: %w", name, errdefs.ErrNotFound)
}

func labelled(labels map[string]string) []snapshots.Opt {
	if labels == nil {
		return nil
	}
	return []snapshots.Opt{snapshots.WithLabels(labels)}
}
