package upstream

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	bolt "go.etcd.io/bbolt"
)

// TestRemovedSnapshotAfterRestart: a removed snapshot stays if the daemon restarts before the next collection.
//
// Behaviour:
//
// Removing a snapshot only removes its record, and marks its snapshotter in memory (dirtySS). The next collection
// cleans the snapshotter. After a restart it does not, until another snapshot of the same snapshotter is removed.
//
// Why it matters:
//
// A layer, unlike metadata, may have gigabytes.
//
// Proposed fix:
//
// As for content: mark all snapshotters when the database is initialized, and reset a mark only after a successful
// clean-up.
func TestRemovedSnapshotAfterRestart(t *testing.T) {
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
	all := map[string]snapshots.Snapshotter{"native": layers}
	db := metadata.NewDB(file, nil, all)
	must(db.Init(ctx))
	_, err = db.Snapshotter("native").Prepare(ctx, "k", "")
	must(err)
	must(db.Snapshotter("native").Remove(ctx, "k"))

	db = metadata.NewDB(file, nil, all) // the daemon restarts
	must(db.Init(ctx))
	for range 3 {
		_, err = db.GarbageCollect(ctx)
		must(err)
	}
	must(layers.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
		t.Errorf("the snapshot is removed, but the backend still has %s after three collections", info.Name)
		return nil
	}))
}
