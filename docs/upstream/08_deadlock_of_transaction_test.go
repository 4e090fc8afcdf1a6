package upstream

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	bolt "go.etcd.io/bbolt"
)

// A pausedCollection makes a collection wait after the commit of its transaction, before its clean-up.
type pausedCollection struct {
	*bolt.DB
	armed            atomic.Bool
	reached, proceed chan struct{}
}

func (d *pausedCollection) Update(fn func(*bolt.Tx) error) error {
	err := d.DB.Update(fn)
	if d.armed.CompareAndSwap(true, false) {
		d.reached <- struct{}{}
		<-d.proceed
	}
	return err
}

// TestDeadlockOfTransaction: a transaction, a call and a clean-up wait for each other for ever.
//
// Behaviour:
//
// A caller has an open writing transaction and calls a snapshotter in it. Meanwhile another call to this snapshotter
// holds the snapshotter's lock for reading and waits for the database. A collection that begins its clean-up waits for
// that lock for writing, which blocks new readers, among them the caller. All three wait until the daemon dies.
//
// Why it matters:
//
// A plugin that groups calls to snapshotters in one transaction, as the context allows it, can stop the daemon.
//
// Proposed fix:
//
// Do not hold the snapshotter's lock while waiting for the database: take the transaction first in create, Commit and
// Remove; or refuse calls to snapshotters inside a caller's transaction. The content store has the same order of
// locks.
func TestDeadlockOfTransaction(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, nil)
	must(err)
	layers, err := native.NewSnapshotter(t.TempDir())
	must(err)
	ctx := namespaces.WithNamespace(context.Background(), "a")
	gate := &pausedCollection{DB: file, reached: make(chan struct{}), proceed: make(chan struct{})}
	db := metadata.NewDB(gate, nil, map[string]snapshots.Snapshotter{"native": layers})
	must(db.Init(ctx))
	sn := db.Snapshotter("native")
	_, err = sn.Prepare(ctx, "garbage", "")
	must(err)
	const soon = 300 * time.Millisecond // for a goroutine to reach its lock

	gate.armed.Store(true)
	go db.GarbageCollect(ctx)
	<-gate.reached
	tx, err := file.Begin(true)
	must(err)
	go sn.Prepare(ctx, "other", "") // holds the snapshotter's lock and waits for the database
	time.Sleep(soon)
	close(gate.proceed) // the clean-up waits for the snapshotter's lock
	time.Sleep(soon)
	done := make(chan error, 1)
	go func() {
		_, err := sn.Prepare(boltutil.WithTransaction(ctx, tx), "mine", "")
		done <- err
	}()
	select {
	case err := <-done:
		must(err)
		must(tx.Commit())
	case <-time.After(5 * time.Second):
		// The goroutines cannot be stopped, and the database cannot be closed.
		t.Error("the caller, the other call and the collection wait for each other")
	}
}
