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
	"github.com/containerd/errdefs"
	bolt "go.etcd.io/bbolt"
)

// An unsureCommit commits and then reports a failure, while failing is set.
type unsureCommit struct {
	snapshots.Snapshotter
	failing bool
}

func (s *unsureCommit) Commit(ctx context.Context, name, key string, opts ...snapshots.Opt) error {
	err := s.Snapshotter.Commit(ctx, name, key, opts...)
	if err == nil && s.failing {
		err = errors.New("the connection to the proxy plugin is lost")
	}
	return err
}

// TestFailedCommitBlocksName: a failed Commit of a snapshot blocks its name.
//
// Behaviour:
//
// The key of a snapshot in the backend contains a sequence number from the database. If the backend commits a snapshot
// and reports a failure, or the transaction fails after it, the number is rolled back. The next Commit takes the same
// number, and with the same name the same key. The backend answers "already exists", although there is no snapshot of
// that name.
//
// Why it matters:
//
// A client that retries gets an error that no retry cures, until some snapshot is removed and a collection cleans the
// snapshotter.
//
// Proposed fix:
//
// Do not use a number again: take it in a transaction of its own, as Prepare does, or add something random to the key.
// Mark the snapshotter dirty if the call fails.
func TestFailedCommitBlocksName(t *testing.T) {
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
	backend := &unsureCommit{Snapshotter: layers}
	db := metadata.NewDB(file, nil, map[string]snapshots.Snapshotter{"native": backend})
	must(db.Init(ctx))
	sn := db.Snapshotter("native")
	for _, key := range []string{"first", "second"} {
		_, err := sn.Prepare(ctx, key, "")
		must(err)
	}
	backend.failing = true
	if err := sn.Commit(ctx, "layer", "first"); err == nil {
		t.Fatal("Commit succeeded")
	}
	backend.failing = false

	if _, err := sn.Stat(ctx, "layer"); !errdefs.IsNotFound(err) {
		t.Fatalf("the snapshot exists: %v", err)
	}
	if err := sn.Commit(ctx, "layer", "second"); err != nil {
		t.Errorf("there is no snapshot of that name, but Commit fails: %v", err)
	}
}
