package upstream

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	bolt "go.etcd.io/bbolt"
)

// A heldCollection makes a collection wait after the commit of its transaction, before its clean-up.
type heldCollection struct {
	*bolt.DB
	armed            atomic.Bool
	reached, proceed chan struct{}
}

func (d *heldCollection) Update(fn func(*bolt.Tx) error) error {
	err := d.DB.Update(fn)
	if d.armed.CompareAndSwap(true, false) {
		d.reached <- struct{}{}
		<-d.proceed
	}
	return err
}

// TestCleanupOfOpenTransaction: a clean-up removes a snapshot of a caller's open transaction.
//
// Behaviour:
//
// A call in a caller's transaction makes a snapshot (or a blob) in the backend. No committed record names it until the
// transaction commits. A collection that is in its clean-up meanwhile reads only committed records, so it removes the
// snapshot. The transaction then commits a record without a snapshot.
//
// Why it matters:
//
// The caller has done nothing wrong, held a lease, and loses the snapshot.
//
// Proposed fix:
//
// Let a clean-up spare what calls in open transactions have made since the collection began. (Without a caller's
// transaction the snapshotter's lock blocks the clean-up until the call ends.)
func TestCleanupOfOpenTransaction(t *testing.T) {
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
	gate := &heldCollection{DB: file, reached: make(chan struct{}), proceed: make(chan struct{})}
	db := metadata.NewDB(gate, nil, map[string]snapshots.Snapshotter{"native": layers})
	must(db.Init(ctx))
	sn := db.Snapshotter("native")
	_, err = sn.Prepare(ctx, "garbage", "")
	must(err)

	gate.armed.Store(true)
	collected := make(chan error, 1)
	go func() {
		_, err := db.GarbageCollect(ctx)
		collected <- err
	}()
	<-gate.reached // all garbage is removed from the database
	tx, err := file.Begin(true)
	must(err)
	in := leases.WithLease(boltutil.WithTransaction(ctx, tx), "l")
	_, err = metadata.NewLeaseManager(db).Create(in, leases.WithID("l"))
	must(err)
	_, err = sn.Prepare(in, "mine", "")
	must(err)
	close(gate.proceed)
	must(<-collected)
	must(tx.Commit())

	if _, err := sn.Stat(ctx, "mine"); err != nil {
		t.Errorf("the snapshot is committed and leased, but: %v", err)
	}
}
