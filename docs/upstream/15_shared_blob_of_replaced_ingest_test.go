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

// TestSharedBlobOfReplacedIngest: the bytes of a shared blob stay when its ingest is committed as another blob.
//
// Behaviour:
//
// The record of an ingest that shares another namespace's blob keeps the blob's bytes (expected), even after the other
// namespace has deleted its record. If the ingest is opened again without the descriptor and committed as another
// blob, its record is removed, and with it the last reference to the bytes. Nothing marks the content store for clean-
// up.
//
// Why it matters:
//
// As in the other findings about shared content, the bytes stay until unrelated content is deleted.
//
// Proposed fix:
//
// Mark the content store dirty whenever the record of an ingest with "expected" is removed. This also fixes the two
// findings before.
func TestSharedBlobOfReplacedIngest(t *testing.T) {
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
	must(content.WriteBlob(one, cs, "upload", bytes.NewReader(data), desc))
	w, err := cs.Writer(two, content.WithRef("share"), content.WithDescriptor(desc))
	must(err)
	must(w.Close())
	_, err = db.GarbageCollect(one) // removes the record of "one"; the ingest of "two" keeps the bytes
	must(err)
	w, err = cs.Writer(two, content.WithRef("share"))
	must(err)
	root := content.WithLabels(map[string]string{"containerd.io/gc.root": "keep"})
	must(w.Commit(two, 0, digest.FromBytes(nil), root))

	for range 3 {
		_, err = db.GarbageCollect(one)
		must(err)
	}
	if _, err := store.Info(one, desc.Digest); err == nil {
		t.Error("no record names the blob, but the backend still has it after three collections")
	}
}
