package upstream

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	bolt "go.etcd.io/bbolt"
)

// TestBlobOfFailedCommit: a blob stays in the content store if its Commit fails after the backend.
//
// Behaviour:
//
// A writer's Commit first commits to the backend, and then stores the record. If the second part fails, for example
// because the lease in the context is gone, the blob stays in the backend without a record. The content store is not
// marked for clean-up.
//
// Why it matters:
//
// A lease that expires during a long pull is enough. The layer stays on disk until other content is deleted.
//
// Proposed fix:
//
// Mark the content store dirty if Commit fails after the backend has committed.
func TestBlobOfFailedCommit(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	file, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, nil)
	must(err)
	defer file.Close()
	store, err := local.NewStore(t.TempDir())
	must(err)
	ctx := namespaces.WithNamespace(context.Background(), "a")
	db := metadata.NewDB(file, store, nil)
	must(db.Init(ctx))
	w, err := db.ContentStore().Writer(ctx, content.WithRef("upload"))
	must(err)
	defer w.Close()
	data := []byte("layer")
	_, err = w.Write(data)
	must(err)
	_, err = db.GarbageCollect(ctx) // a daemon collects after its start
	must(err)
	if err := w.Commit(leases.WithLease(ctx, "gone"), 0, digest.FromBytes(data)); err == nil {
		t.Fatal("Commit succeeded without the lease")
	}

	_, err = db.GarbageCollect(ctx)
	must(err)
	if _, err := store.Info(ctx, digest.FromBytes(data)); err == nil {
		t.Error("no record names the blob, but the backend still has it after a collection")
	}
}
