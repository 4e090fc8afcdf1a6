package upstream

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	bolt "go.etcd.io/bbolt"
)

// TestIngestsOfDeletedNamespace: the ingests of a deleted namespace stay in the content store.
//
// Behaviour:
//
// Deleting a namespace that has open ingests succeeds and removes their records. The content store is not marked for
// clean-up (dirtyCS), so their bytes stay until something else marks it.
//
// Why it matters:
//
// A node on which images are pulled into short-lived namespaces, and pulls are interrupted, keeps the partial
// downloads. No client can list or abort them, because they have no record.
//
// Proposed fix:
//
// Mark the content store dirty when a namespace with ingests is deleted; or refuse to delete it, as for other
// resources.
func TestIngestsOfDeletedNamespace(t *testing.T) {
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
	ctx := namespaces.WithNamespace(context.Background(), "gone")
	db := metadata.NewDB(file, store, nil)
	must(db.Init(ctx))
	w, err := db.ContentStore().Writer(ctx, content.WithRef("upload"))
	must(err)
	_, err = w.Write([]byte("partial"))
	must(err)
	must(w.Close())
	_, err = db.GarbageCollect(ctx)
	must(err)

	must(db.Update(func(tx *bolt.Tx) error { return metadata.NewNamespaceStore(tx).Delete(ctx, "gone") }))
	_, err = db.GarbageCollect(ctx)
	must(err)
	left, err := store.ListStatuses(ctx)
	must(err)
	if len(left) > 0 {
		t.Errorf("the namespace is deleted, but the backend still has %d ingest: %s", len(left), left[0].Ref)
	}
}
