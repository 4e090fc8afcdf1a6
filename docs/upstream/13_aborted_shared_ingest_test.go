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

// TestAbortedSharedIngest: aborting an ingest that shared a blob leaves its bytes.
//
// Behaviour:
//
// With the shared policy, a writer that is opened with the descriptor of another namespace's blob shares that blob.
// The record of its ingest says so (expected), and the backend has no ingest. The first write makes one
// (createAndCopy), but the record does not change. Abort follows the record and does not abort the backend's ingest.
//
// Why it matters:
//
// The bytes stay under a name that no client can abort.
//
// Proposed fix:
//
// Abort the backend's ingest in either case, and take "not found" for success.
func TestAbortedSharedIngest(t *testing.T) {
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
	one := namespaces.WithNamespace(context.Background(), "one")
	two := namespaces.WithNamespace(context.Background(), "two")
	db := metadata.NewDB(file, store, nil)
	must(db.Init(one))
	cs := db.ContentStore()
	data := []byte("layer")
	desc := ocispec.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
	root := content.WithLabels(map[string]string{"containerd.io/gc.root": "keep"})
	must(content.WriteBlob(one, cs, "upload", bytes.NewReader(data), desc, root))
	w, err := cs.Writer(two, content.WithRef("share"), content.WithDescriptor(desc))
	must(err)
	_, err = w.Write([]byte("other bytes"))
	must(err)
	must(w.Close())

	must(cs.Abort(two, "share"))
	_, err = db.GarbageCollect(one)
	must(err)
	left, err := store.ListStatuses(one)
	must(err)
	if len(left) > 0 {
		t.Errorf("the ingest is aborted, but the backend still has %s of %d bytes", left[0].Ref, left[0].Offset)
	}
}
