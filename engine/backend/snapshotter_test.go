package backend_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// TestSnapshotterAgainstNative runs random histories on this snapshotter and on containerd's native snapshotter, and
// compares the results. It does not compare sizes, because the original measures real files, and the differences that
// the package documentation lists.
func TestSnapshotterAgainstNative(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			differ(t, seed, 300, startSnapshotters, drawSnapshotterCall)
		})
	}
}

func startSnapshotters(t *testing.T) (ours, theirs snapshots.Snapshotter) {
	theirs, err := native.NewSnapshotter(inMemory(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	ours = backend.NewSnapshotter(time.Now, "/snapshotter")
	// The original works only after its first snapshot.
	for _, s := range []snapshots.Snapshotter{ours, theirs} {
		if _, err := s.Prepare(t.Context(), "first", ""); err != nil {
			t.Fatal(err)
		}
	}
	return ours, theirs
}

func drawSnapshotterCall(r *rand.Rand, ours snapshots.Snapshotter) (string, step[snapshots.Snapshotter]) {
	ctx := context.Background()
	key := func() string { return fmt.Sprint("k", r.IntN(8)) }
	labels := func() map[string]string {
		return pick(r, nil, map[string]string{}, map[string]string{"a": "1"}, map[string]string{"a": "", "b": "2"}, map[string]string{"b": ""})
	}
	k, name, parent, l := key(), key(), pick(r, "", "", key()), labels()
	switch r.IntN(9) {
	case 0:
		return fmt.Sprintf("Prepare %s on %q %v", k, parent, l), func(s snapshots.Snapshotter) (any, error) {
			return mountIDs(s.Prepare(ctx, k, parent, snapshots.WithLabels(l)))
		}
	case 1:
		return fmt.Sprintf("View %s on %q %v", k, parent, l), func(s snapshots.Snapshotter) (any, error) {
			return mountIDs(s.View(ctx, k, parent, snapshots.WithLabels(l)))
		}
	case 2, 3:
		if info, err := ours.Stat(ctx, k); name == parent || err == nil && info.Kind == snapshots.KindView {
			k = "missing" // meant to differ
		}
		return fmt.Sprintf("Commit %s as %s on %q %v", k, name, parent, l), func(s snapshots.Snapshotter) (any, error) {
			return nil, s.Commit(ctx, name, k, snapshots.WithLabels(l), snapshots.WithParent(parent))
		}
	case 4:
		return "Remove " + k, func(s snapshots.Snapshotter) (any, error) { return nil, s.Remove(ctx, k) }
	case 5:
		paths := pick(r, nil, []string{"labels"}, []string{"labels.a"}, []string{"labels.a", "labels.c"}, []string{"labels", "labels.b"}, []string{"parent"})
		return fmt.Sprintf("Update %s %v %q", k, l, paths), func(s snapshots.Snapshotter) (any, error) {
			return s.Update(ctx, snapshots.Info{Name: k, Labels: copied(l)}, paths...)
		}
	case 6:
		return "Stat, Usage " + k, func(s snapshots.Snapshotter) (any, error) {
			_, err := s.Usage(ctx, k)
			info, statErr := s.Stat(ctx, k)
			return info, errors.Join(err, statErr)
		}
	case 7:
		return "Mounts " + k, func(s snapshots.Snapshotter) (any, error) { return mountIDs(s.Mounts(ctx, k)) }
	}
	filters := pick(r, nil, []string{"kind==committed"}, []string{"parent==" + key(), "labels.a==1"}, []string{"name~=k[0-3],kind!=view"}, []string{"labels.\"b\""}, []string{"=="})
	return fmt.Sprintf("Walk %q", filters), func(s snapshots.Snapshotter) (any, error) {
		var all []snapshots.Info
		err := s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			all = append(all, info)
			return nil
		}, filters...)
		return all, err
	}
}

// mountIDs returns the directory names of snapshots in the sources of mounts.
func mountIDs(mounts []snapshots.Mount, err error) ([]snapshots.Mount, error) {
	for i := range mounts {
		mounts[i].Source = path.Base(mounts[i].Source)
	}
	return mounts, err
}

func TestSnapshotterFork(t *testing.T) {
	ctx := t.Context()
	base := backend.NewSnapshotter(time.Now, "/base")
	if _, err := base.Prepare(ctx, "a", ""); err != nil {
		t.Fatal(err)
	}
	if err := base.Commit(ctx, "layer", "a"); err != nil {
		t.Fatal(err)
	}
	fork := base.Fork(nil)
	if _, err := fork.Prepare(ctx, "b", "layer"); err != nil {
		t.Fatal(err)
	}
	if err := fork.SetUsage("b", snapshots.Usage{Inodes: 1, Size: 10}); err != nil {
		t.Fatal(err)
	}
	if err := base.Remove(ctx, "layer"); err != nil {
		t.Errorf("a child in the fork holds a parent in the original: %v", err)
	}
	if err := fork.Remove(ctx, "layer"); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("removed a parent from the fork: %v", err)
	}
	if usage, err := fork.Usage(ctx, "b"); err != nil || usage.Size != 10 {
		t.Errorf("usage in the fork: %v, %v", usage, err)
	}
	if _, err := base.Stat(ctx, "b"); !errdefs.IsNotFound(err) {
		t.Errorf("the fork's snapshot in the original: %v", err)
	}
}

// TestSnapshotterMeantToDiffer tests the differences that the package documentation lists.
func TestSnapshotterMeantToDiffer(t *testing.T) {
	ctx := t.Context()
	s := backend.NewSnapshotter(time.Now, "/")
	if err := s.Walk(ctx, nil); err != nil {
		t.Errorf("walk of an empty snapshotter: %v", err)
	}
	for _, prepare := range []func() error{
		func() error { _, err := s.Prepare(ctx, "active", ""); return err },
		func() error { _, err := s.Prepare(ctx, "base", ""); return err },
		func() error { return s.Commit(ctx, "layer", "base") },
		func() error { _, err := s.View(ctx, "view", "layer"); return err },
	} {
		if err := prepare(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Commit(ctx, "x", "view"); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("commit of a view: %v", err)
	}
	if err := s.Commit(ctx, "x", "active", snapshots.WithParent("x")); !errdefs.IsNotFound(err) {
		t.Errorf("a snapshot as its own parent: %v", err)
	}
	if _, err := s.Prepare(ctx, "", ""); !errdefs.IsInvalidArgument(err) {
		t.Errorf("an empty key: %v", err)
	}
	if err := s.Commit(ctx, "", "active"); !errdefs.IsInvalidArgument(err) {
		t.Errorf("an empty name: %v", err)
	}
}

func TestSnapshotterPlace(t *testing.T) {
	ctx := t.Context()
	s := backend.NewSnapshotter(time.Now, "/")
	usage := snapshots.Usage{Inodes: 3, Size: 4096}
	layer := snapshots.Info{Kind: snapshots.KindCommitted, Name: "layer"}
	child := snapshots.Info{Kind: snapshots.KindActive, Name: "child", Parent: "layer"}
	if err := s.Place(child, usage); !errdefs.IsNotFound(err) {
		t.Errorf("a child before its parent: %v", err)
	}
	for _, info := range []snapshots.Info{layer, child} {
		if err := s.Place(info, usage); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Place(child, usage); !errdefs.IsAlreadyExists(err) {
		t.Errorf("placed twice: %v", err)
	}
	if err := s.Remove(ctx, "layer"); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("removed a placed parent: %v", err)
	}
	if got, err := s.Usage(ctx, "layer"); err != nil || got != usage {
		t.Errorf("usage %v, %v", got, err)
	}
}
