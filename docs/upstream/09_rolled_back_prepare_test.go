package upstream

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	bolt "go.etcd.io/bbolt"
)

// TestRolledBackPrepare: a Prepare that is rolled back blocks the next one.
//
// Behaviour:
//
// A caller prepares a snapshot in its own transaction and rolls the transaction back. The backend keeps the snapshot,
// and the sequence number in its key is reset. The next Prepare of that key takes the same number, so the backend
// answers "already exists". The one after it succeeds. No fault is needed.
//
// Why it matters:
//
// The error has no class that clients know, so they do not retry. The snapshot stays on disk until another snapshot is
// removed.
//
// Proposed fix:
//
// Mark the snapshotter dirty when a call runs in a caller's transaction. Do not use a number again: see the finding
// about the failed Commit.
func TestRolledBackPrepare(t *testing.T) {
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
	db := metadata.NewDB(file, nil, map[string]snapshots.Snapshotter{"native": layers})
	must(db.Init(ctx))
	sn := db.Snapshotter("native")
	tx, err := file.Begin(true)
	must(err)
	_, err = sn.Prepare(boltutil.WithTransaction(ctx, tx), "k", "")
	must(err)
	must(tx.Rollback())

	if _, err := sn.Prepare(ctx, "k", ""); err != nil {
		t.Errorf("the first Prepare was rolled back, but the second one fails: %v", err)
	}
}
