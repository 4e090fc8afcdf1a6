package parity

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/core/snapshots"
)

type (
	snapshotStat   struct{ Snapshotter, Key string }
	snapshotUpdate struct {
		Snapshotter, Key string
		Labels           map[string]string
		Fields           []string
	}
	snapshotUsage   struct{ Snapshotter, Key string }
	snapshotMounts  struct{ Snapshotter, Key string }
	snapshotPrepare struct {
		Snapshotter, Key, Parent string
		Labels                   map[string]string
		ReadOnly                 bool
		Fail                     bool // pass an option that fails
	}
	snapshotCommit struct {
		Snapshotter, Name, Key string
		Labels                 map[string]string
		Parent                 string // rebases; "" for no rebase
		Fail                   bool   // pass an option that fails
	}
	snapshotRemove struct{ Snapshotter, Key string }
	snapshotWalk   struct {
		Snapshotter string
		Filters     []string
		Stop        int // the number of snapshots after which the callback fails; 0 for never
	}
	snapshotWalkRemoving struct{ Snapshotter, Key string }
	snapshotCleanup      struct{ Snapshotter string }
	snapshotClose        struct{ Snapshotter string }
	snapshotterNames     struct{}
)

func (o snapshotStat) reads() {}
func (o snapshotStat) run(ctx context.Context, n *node) (any, error) {
	return n.snapshots[o.Snapshotter].Stat(ctx, o.Key)
}

func (o snapshotUpdate) run(ctx context.Context, n *node) (any, error) {
	info := snapshots.Info{Name: o.Key, Labels: o.Labels, Parent: "ignored"}
	return n.snapshots[o.Snapshotter].Update(ctx, info, o.Fields...)
}

func (o snapshotUsage) reads() {}
func (o snapshotUsage) run(ctx context.Context, n *node) (any, error) {
	return n.snapshots[o.Snapshotter].Usage(ctx, o.Key)
}

func (o snapshotMounts) reads() {}
func (o snapshotMounts) run(ctx context.Context, n *node) (any, error) {
	return n.snapshots[o.Snapshotter].Mounts(ctx, o.Key)
}

// snapshotOpts returns options for the labels unless nil, the parent unless "", and a failure.
func snapshotOpts(labels map[string]string, parent string, fail bool) (opts []snapshots.Opt) {
	if labels != nil {
		opts = append(opts, snapshots.WithLabels(labels))
	}
	if parent != "" {
		opts = append(opts, snapshots.WithParent(parent))
	}
	if fail {
		opts = append(opts, func(*snapshots.Info) error { return errOption })
	}
	return opts
}

func (o snapshotPrepare) run(ctx context.Context, n *node) (any, error) {
	s, opts := n.snapshots[o.Snapshotter], snapshotOpts(o.Labels, "", o.Fail)
	if o.ReadOnly {
		return s.View(ctx, o.Key, o.Parent, opts...)
	}
	return s.Prepare(ctx, o.Key, o.Parent, opts...)
}

func (o snapshotCommit) run(ctx context.Context, n *node) (any, error) {
	return nil, n.snapshots[o.Snapshotter].Commit(ctx, o.Name, o.Key, snapshotOpts(o.Labels, o.Parent, o.Fail)...)
}

func (o snapshotRemove) run(ctx context.Context, n *node) (any, error) {
	return nil, n.snapshots[o.Snapshotter].Remove(ctx, o.Key)
}

func (o snapshotWalk) reads() {}
func (o snapshotWalk) run(ctx context.Context, n *node) (any, error) {
	var all []snapshots.Info
	err := n.snapshots[o.Snapshotter].Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		all = append(all, info)
		if len(all) == o.Stop {
			return errEnough
		}
		return nil
	}, o.Filters...)
	return all, err
}

// The first call of the callback removes a snapshot.
func (o snapshotWalkRemoving) run(ctx context.Context, n *node) (any, error) {
	var all []snapshots.Info
	s := n.snapshots[o.Snapshotter]
	err := s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		if all = append(all, info); len(all) > 1 {
			return nil
		}
		return s.Remove(ctx, o.Key)
	})
	return all, err
}

func (o snapshotCleanup) exclusive() {}
func (o snapshotCleanup) run(ctx context.Context, n *node) (any, error) {
	cleaner, ok := n.snapshots[o.Snapshotter].(snapshots.Cleaner)
	if !ok {
		return false, nil
	}
	return true, cleaner.Cleanup(ctx)
}

func (o snapshotClose) run(ctx context.Context, n *node) (any, error) {
	return nil, n.snapshots[o.Snapshotter].Close()
}

func (o snapshotterNames) run(ctx context.Context, n *node) (any, error) {
	names := map[string]bool{}
	for name, s := range n.db.Snapshotters() {
		names[name] = s == n.db.Snapshotter(name)
	}
	names["unknown"] = n.db.Snapshotter("unknown") == nil
	return names, nil
}

var snapshotRows = []row{
	{"snapshot stat", 3, one(func(g *gen) op { return snapshotStat{g.snapshotter(), g.snapshotKey()} })},
	{"snapshot update", 6, one(func(g *gen) op {
		labels := g.snapshotLabels()
		return snapshotUpdate{g.snapshotter(), g.snapshotKey(), labels, g.fieldsFor(labels, "labels", "labels.a", "labels."+g.labelKey())}
	})},
	{"snapshot usage", 1, one(func(g *gen) op { return snapshotUsage{g.snapshotter(), g.snapshotKey()} })},
	{"snapshot mounts", 1, one(func(g *gen) op { return snapshotMounts{g.snapshotter(), g.snapshotKey()} })},
	{"snapshot prepare", 10, one(func(g *gen) op {
		return snapshotPrepare{g.snapshotter(), g.snapshotKey(), g.parent(), g.snapshotLabels(), g.chance(0.2), g.chance(0.02)}
	})},
	{"snapshot target", 4, one(func(g *gen) op {
		target := pick(g, "remote-1", "remote-2", "remote-3", "remote-missing", "remote odd", g.snapshotKey())
		labels := with(g.snapshotLabels(), snapshots.LabelSnapshotRef, target)
		return snapshotPrepare{g.snapshotter(), g.snapshotKey(), g.parent(), labels, g.chance(0.1), false}
	})},
	{"snapshot commit", 8, one(func(g *gen) op {
		return snapshotCommit{g.snapshotter(), g.snapshotKey(), g.snapshotKey(), g.snapshotLabels(), pick(g, "", "", g.parent()), g.chance(0.02)}
	})},
	{"snapshot remove", 5, one(func(g *gen) op { return snapshotRemove{g.snapshotter(), g.snapshotKey()} })},
	{"snapshot walk", 1, one(func(g *gen) op {
		return snapshotWalk{g.snapshotter(), g.filters("name", "kind", "parent"), pick(g, 0, 0, 1, 2)}
	})},
	{"snapshot cleanup", 1, one(func(g *gen) op { return snapshotCleanup{g.snapshotter()} })},
	{"snapshot close", 1, one(func(g *gen) op { return snapshotClose{g.snapshotter()} })},
	{"snapshotter names", 1, one(func(g *gen) op { return snapshotterNames{} })},
	{"unpack", 10, unpackChain},
	{"many snapshots", 1, manySnapshots},
}

// unpackChain prepares and commits a chain of layers.
func unpackChain(g *gen) (ops []op) {
	name, parent := g.snapshotter(), ""
	for i := range g.IntN(3) + 1 {
		key, layer := fmt.Sprintf("extract-%d", g.IntN(3)), fmt.Sprintf("chain-%d", i+g.IntN(2))
		ops = append(ops,
			snapshotPrepare{Snapshotter: name, Key: key, Parent: parent, Labels: g.snapshotLabels()},
			snapshotCommit{Snapshotter: name, Name: layer, Key: key, Labels: g.snapshotLabels()})
		parent = layer
	}
	return ops
}

// manySnapshots creates more snapshots than containerd reads in one transaction of a walk.
func manySnapshots(g *gen) (ops []op) {
	if !g.once("many snapshots") || g.chance(0.8) {
		return nil
	}
	name := g.snapshotter()
	for i := range 110 {
		ops = append(ops, snapshotPrepare{Snapshotter: name, Key: fmt.Sprintf("many-%03d", i)})
	}
	return append(ops, snapshotWalk{Snapshotter: name}, snapshotWalk{Snapshotter: name, Stop: 105}, snapshotWalkRemoving{name, "many-109"})
}

func (g *gen) snapshotter() string {
	if g.hostile() {
		return "native/v2"
	}
	return pick(g, "native", "overlayfs")
}

func (g *gen) snapshotKey() string {
	return g.name("extract-0", "extract-1", "extract-2", "chain-0", "chain-1", "chain-2", "chain-3", "rootfs", "a/b")
}

func (g *gen) parent() string {
	if g.chance(0.4) {
		return ""
	}
	return pick(g, "chain-0", "chain-1", "chain-2", "remote-1", g.snapshotKey())
}

func (g *gen) snapshotLabels() map[string]string {
	labels := g.labels()
	if g.chance(0.3) {
		labels = with(labels, pick(g, "containerd.io/snapshot/inherited", snapshots.LabelSnapshotUIDMapping), "yes")
	}
	return labels
}
