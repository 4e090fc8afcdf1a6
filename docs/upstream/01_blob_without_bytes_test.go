package upstream

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// TestBlobWithoutBytes: a commit of shared content stores a record without bytes.
//
// Behaviour:
//
// With the shared content policy, a writer that is opened with the descriptor of another namespace's blob shares that
// blob: it writes nothing, and its Commit only stores a record. Commit does not check that the backend still has the
// bytes. If the ingest has expired and the other namespace has released its blob, a collection removes the bytes.
// Commit then succeeds, and the namespace has a blob that cannot be read.
//
// Why it matters:
//
// A client believes that the content is there. Later reads fail, and a pull does not fetch the blob again, because the
// record exists.
//
// Proposed fix:
//
// In Commit of a writer that shares content, check the backend with Info inside the transaction. If the blob is gone,
// return an error of class Unavailable (or reset the writer to offset 0), so that the client writes the bytes.
func TestBlobWithoutBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
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
		must(content.WriteBlob(one, cs, "upload", bytes.NewReader(data), desc)) // nothing refers to it
		w, err := cs.Writer(two, content.WithRef("share"), content.WithDescriptor(desc))
		must(err)
		defer w.Close()
		time.Sleep(25 * time.Hour) // the ingest of "two" expires
		_, err = db.GarbageCollect(one)
		must(err)

		if err := w.Commit(two, desc.Size, desc.Digest); err != nil {
			return // right: the bytes are gone
		}
		if _, err := content.ReadBlob(two, cs, desc); err != nil {
			t.Errorf("Commit has succeeded, but the blob cannot be read: %v", err)
		}
	})
}
