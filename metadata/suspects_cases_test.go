package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A fork that is made after a cleaning looks only at the suspects, as its original does.
func TestForkAfterCleaning(t *testing.T) {
	c := newCleaner(t, time.Now)
	prepareKept(t, c, "k")
	err := c.collect(t.Context(), 0) // walks
	c.fork()
	walks := c.walks
	err = errors.Join(err, c.Snapshotter("layers").Remove(inDefault, "k"), c.collect(t.Context(), 0))
	if left := c.unnamed(t); err != nil || len(left) > 0 || c.walks != walks {
		t.Errorf("%v; the fork leaves %v and walks %d times", err, left, c.walks-walks)
	}
}

// After a removal has failed, the next cleaning removes that part and the parts after it.
func TestFailedCleaning(t *testing.T) {
	c := newCleaner(t, time.Now)
	keys := []string{"a", "b", "c"}
	for _, key := range keys {
		prepareKept(t, c, key)
	}
	err := c.collect(t.Context(), 0) // walks
	for _, key := range keys {
		err = errors.Join(err, c.Snapshotter("layers").Remove(inDefault, key))
	}
	walks := c.walks
	c.fails = "remove"
	for _, want := range []int{3, 0} {
		err = errors.Join(err, c.collect(t.Context(), 0))
		if left := c.unnamed(t); err != nil || len(left) != want || c.walks != walks {
			t.Errorf("%v; the cleaning walks %d times and leaves %v, want %d", err, c.walks-walks, left, want)
		}
	}
}

// A fork and its original suspect different parts after the fork.
func TestForksSuspectAlone(t *testing.T) {
	c := newCleaner(t, time.Now)
	keys := []string{"a", "b", "c", "of the original", "of the fork"}
	for _, key := range keys {
		prepareKept(t, c, key)
	}
	err := c.collect(t.Context(), 0) // walks
	remove := func(c *cleaner, keys ...string) {
		for _, key := range keys {
			err = errors.Join(err, c.Snapshotter("layers").Remove(inDefault, key))
		}
	}
	remove(c, keys[:3]...)
	fork := *c
	fork.fork()
	remove(&fork, keys[4])
	remove(c, keys[3])
	for name, c := range map[string]*cleaner{"fork": &fork, "original": c} {
		err = errors.Join(err, c.collect(t.Context(), 0))
		if left := c.unnamed(t); err != nil || len(left) > 0 {
			t.Errorf("%v; the %s leaves %v", err, name, left)
		}
	}
}

// A database that always walks knows no suspects. Its fork with quick cleanings begins with a walk.
func TestQuickForkOfCompleteCleanup(t *testing.T) {
	c := newCleaner(t, time.Now, metadata.WithCompleteCleanup)
	prepareKept(t, c, "k")
	if err := errors.Join(c.collect(t.Context(), 0), c.Snapshotter("layers").Remove(inDefault, "k")); err != nil {
		t.Fatal(err)
	}
	c.DB = c.DB.Fork(c.kv, c.blobs, map[string]snapshots.Snapshotter{"layers": c.layers}, metadata.WithQuickCleanup)
	for i, want := range []int{1, 0} {
		prepareKept(t, c, "next")
		walks := c.walks
		err := errors.Join(c.Snapshotter("layers").Remove(inDefault, "next"), c.collect(t.Context(), 0))
		if left := c.unnamed(t); err != nil || len(left) > 0 || c.walks-walks != want {
			t.Errorf("%v; collection %d of the fork leaves %v and walks %d times, want %d", err, i, left, c.walks-walks, want)
		}
	}
}

// A collection that runs between the sweep and the cleaning of another collection cleans the suspects of both.
// The name of a snapshotter has a slash, so the first collection holds no lock at that point.
func TestCollectionBeforeCleaning(t *testing.T) {
	var between func()
	c := newCleaner(t, time.Now, metadata.WithRemoved(func(context.Context, []gc.Node) {
		if act := between; act != nil {
			between = nil
			act()
		}
	}))
	err := c.kv.DB.Update(func(tx *memkv.Tx) error {
		return store(tx, "yes", "v1", "default", "snapshots", "a/b", "s", "labels", "containerd.io/gc.root")
	})
	prepareKept(t, c, "first")
	prepareKept(t, c, "second")
	err = errors.Join(err, c.collect(t.Context(), 0)) // walks
	walks := c.walks
	remove := func(key string) error {
		return errors.Join(c.Snapshotter("layers").Remove(inDefault, key), c.collect(t.Context(), 0))
	}
	var inner error
	between = func() { inner = remove("second") }
	err = errors.Join(err, remove("first"), inner)
	if left := c.unnamed(t); err != nil || len(left) > 0 || c.walks != walks || between != nil {
		t.Errorf("%v; the collections leave %v and walk %d times", err, left, c.walks-walks)
	}
}

// After the removal of more records than a database remembers, the cleaning walks once instead of looking at each.
func TestManySuspects(t *testing.T) {
	c := newCleaner(t, time.Now)
	err := c.collect(t.Context(), 0) // walks
	walks := c.walks
	err = errors.Join(err, c.Update(func(tx *memkv.Tx) error {
		ctx := metadata.WithTransactionContext(inDefault, tx)
		for i := range 1<<17 + 1 { // each names two parts
			name := fmt.Sprint(i)
			err := store(tx, name, "v1", "default", "content", "ingests", "r", "ref")
			err = errors.Join(err, store(tx, name, "v1", "default", "content", "ingests", "r", "expected"))
			if err = errors.Join(err, c.ContentStore().Abort(ctx, "r")); err != nil {
				return err
			}
		}
		return nil
	}), c.collect(t.Context(), 0))
	if err != nil || c.walks != walks+1 {
		t.Errorf("%v; the cleaning walks %d times", err, c.walks-walks)
	}
}

// Two namespaces name one snapshot that the backend made itself. It stays until both have removed it.
func TestSharedTarget(t *testing.T) {
	layers := &preparing{Snapshotter: backend.NewSnapshotter(time.Now, "/"), hook: func(string) error { return errdefs.ErrAlreadyExists }}
	db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"layers": layers})
	target := snapshots.WithLabels(labels("containerd.io/snapshot.ref", "target", "containerd.io/gc.root", "yes"))
	_, err := layers.Snapshotter.Prepare(t.Context(), "active", "")
	err = errors.Join(err, layers.Snapshotter.Commit(t.Context(), "made", "active", target), db.Init(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	s := db.Snapshotter("layers")
	for _, ctx := range []context.Context{inDefault, inOther} {
		if _, err := s.Prepare(ctx, "k", "", target); !errdefs.IsAlreadyExists(err) {
			t.Fatal(err)
		}
	}
	collect := func() error {
		_, err := db.GarbageCollect(t.Context())
		_, lookup := layers.Stat(t.Context(), "made")
		return errors.Join(err, lookup)
	}
	for range 2 {
		if err := collect(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Remove(inDefault, "target"), collect()); err != nil {
		t.Errorf("after the removal in one namespace: %v", err)
	}
	if err := errors.Join(s.Remove(inOther, "target"), collect()); !errdefs.IsNotFound(err) {
		t.Errorf("after the removal in both namespaces: %v", err)
	}
}

// prepareKept prepares a snapshot that is a root.
func prepareKept(t *testing.T, c *cleaner, key string) {
	t.Helper()
	if _, err := c.Snapshotter("layers").Prepare(inDefault, key, "", snapshots.WithLabels(keep)); err != nil {
		t.Fatal(err)
	}
}
