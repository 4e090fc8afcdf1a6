package upstream

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	bolt "go.etcd.io/bbolt"
)

// A failingDisk fails the commit of the update with that number, counted down.
type failingDisk struct {
	*bolt.DB
	updates int
}

func (d *failingDisk) Update(fn func(*bolt.Tx) error) error {
	return d.DB.Update(func(tx *bolt.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if d.updates--; d.updates == 0 {
			return errors.New("no space left on device")
		}
		return nil
	})
}

// A failingRemoval cannot remove snapshots while failing is set.
type failingRemoval struct {
	snapshots.Snapshotter
	failing bool
}

func (s *failingRemoval) Remove(ctx context.Context, key string) error {
	if s.failing {
		return errors.New("no space left on device")
	}
	return s.Snapshotter.Remove(ctx, key)
}

// TestLeftoverOfFailedPrepare: a snapshot stays in the backend if Prepare fails and its removal fails, too.
//
// Behaviour:
//
// Prepare makes the snapshot in the backend and then stores the record. If the transaction fails, it removes the
// snapshot from the backend at once. If that removal fails as well, nothing remembers the snapshot: the snapshotter is
// not marked for clean-up (dirtySS).
//
// Why it matters:
//
// Both failures have one cause on a real node: a full disk. The layer stays after the disk has room again, and no tool
// of containerd shows it.
//
// Proposed fix:
//
// If the removal fails, mark the snapshotter dirty, so that the next collection removes snapshots without a record.
func TestLeftoverOfFailedPrepare(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, nil)
	must(err)
	defer file.Close()
	layers, err := native.NewSnapshotter(t.TempDir())
	must(err)
	ctx := namespaces.WithNamespace(context.Background(), "a")
	disk := &failingDisk{DB: file}
	backend := &failingRemoval{Snapshotter: layers}
	db := metadata.NewDB(disk, nil, map[string]snapshots.Snapshotter{"native": backend})
	must(db.Init(ctx))
	disk.updates, backend.failing = 2, true // the second update of Prepare stores the record
	if _, err := db.Snapshotter("native").Prepare(ctx, "k", ""); err == nil {
		t.Fatal("Prepare succeeded")
	}
	disk.updates, backend.failing = 0, false

	_, err = db.GarbageCollect(ctx)
	must(err)
	must(layers.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		t.Errorf("the backend still has the snapshot %s, which has no record", info.Name)
		return nil
	}))
}
