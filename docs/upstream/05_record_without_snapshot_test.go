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

// A lateFailure reports a failure of the update with that number, counted down, after its commit.
type lateFailure struct {
	*bolt.DB
	updates int
}

func (d *lateFailure) Update(fn func(*bolt.Tx) error) error {
	err := d.DB.Update(fn)
	if d.updates--; d.updates == 0 && err == nil {
		err = errors.New("fsync: input/output error")
	}
	return err
}

// TestRecordWithoutSnapshot: Prepare removes a snapshot whose record is stored.
//
// Behaviour:
//
// If the commit of the transaction takes effect and still reports an error, Prepare takes the call for failed and
// removes the snapshot from the backend. The record stays and has no counterpart.
//
// Why it matters:
//
// bbolt reports such an error if the last fsync of a commit fails after the meta page was written. The snapshot is
// then listed and cannot be used, and a client that prepares it again gets "already exists".
//
// Proposed fix:
//
// Do not remove the snapshot at once after a failed commit. Mark the snapshotter dirty instead: the next collection
// knows whether there is a record.
func TestRecordWithoutSnapshot(t *testing.T) {
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
	disk := &lateFailure{DB: file}
	db := metadata.NewDB(disk, nil, map[string]snapshots.Snapshotter{"native": layers})
	must(db.Init(ctx))
	sn := db.Snapshotter("native")
	disk.updates = 2 // the second update of Prepare stores the record
	if _, err := sn.Prepare(ctx, "k", ""); err == nil {
		t.Fatal("Prepare succeeded")
	}

	recorded := 0
	must(file.View(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte("v1")).Bucket([]byte("a")).Bucket([]byte("snapshots")); b != nil {
			recorded = b.Bucket([]byte("native")).Stats().KeyN
		}
		return nil
	}))
	if _, err := sn.Stat(ctx, "k"); recorded > 0 && err != nil {
		t.Errorf("the snapshot has a record, but: %v", err)
	}
}
