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

// TestNumbersOfRecreatedNamespace: a namespace that is created again cannot prepare a snapshot.
//
// Behaviour:
//
// A namespace that is deleted and created again numbers its snapshots from one. The key in the backend consists of the
// namespace, that number and the snapshot's own key. Until a collection has cleaned the snapshotter, no snapshot can
// be prepared under the number and key of a removed one.
//
// Why it matters:
//
// The error "already exists" names a snapshot that does not exist, and has no class that clients know.
//
// Proposed fix:
//
// Never use a number again, or clean the snapshotter when a namespace is deleted.
func TestNumbersOfRecreatedNamespace(t *testing.T) {
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
	_, err = sn.Prepare(ctx, "k", "")
	must(err)
	must(sn.Remove(ctx, "k"))
	must(db.Update(func(tx *bolt.Tx) error { return metadata.NewNamespaceStore(tx).Delete(ctx, "a") }))

	if _, err := sn.Prepare(ctx, "k", ""); err != nil {
		t.Errorf("there is no snapshot, but Prepare fails: %v", err)
	}
}
