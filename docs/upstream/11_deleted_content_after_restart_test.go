package upstream

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// TestDeletedContentAfterRestart: deleted content stays if the daemon restarts before the next collection.
//
// Behaviour:
//
// Deleting a blob removes its record and sets a flag in memory (dirtyCS), which makes the next collection walk the
// content store. If the daemon restarts first, the flag is lost. Then no collection walks the store until another
// deletion sets the flag; and a collection that removes no content does not.
//
// Why it matters:
//
// Every upgrade or crash between "ctr content rm" and the next collection leaks the blob. The same happens if the walk
// fails, because the flag is reset before it.
//
// Proposed fix:
//
// Set the flags when the database is initialized, and reset a flag only after a successful walk. The price is one walk
// per start of the daemon.
func TestDeletedContentAfterRestart(t *testing.T) {
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
	data := []byte("layer")
	desc := ocispec.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
	must(content.WriteBlob(ctx, db.ContentStore(), "upload", bytes.NewReader(data), desc))
	must(db.ContentStore().Delete(ctx, desc.Digest))

	db = metadata.NewDB(file, store, nil) // the daemon restarts
	must(db.Init(ctx))
	for range 3 {
		_, err = db.GarbageCollect(ctx)
		must(err)
	}
	if _, err := store.Info(ctx, desc.Digest); err == nil {
		t.Error("the blob is deleted, but the backend still has it after three collections")
	}
}
