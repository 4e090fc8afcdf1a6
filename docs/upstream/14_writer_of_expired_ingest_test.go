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
	"github.com/containerd/errdefs"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
)

// TestWriterOfExpiredIngest: a writer of an expired ingest makes one without a record.
//
// Behaviour:
//
// A writer that shares a blob is idle for more than a day, so that a collection removes the record of its ingest. The
// writer does not notice. Its first write makes an ingest in the backend, which never had a record.
//
// Why it matters:
//
// The bytes stay until something marks the content store for clean-up, and no client can list or abort them.
//
// Proposed fix:
//
// In createAndCopy, check in a transaction that the record of the ingest still exists, and fail otherwise.
func TestWriterOfExpiredIngest(t *testing.T) {
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
		root := content.WithLabels(map[string]string{"containerd.io/gc.root": "keep"})
		must(content.WriteBlob(one, cs, "upload", bytes.NewReader(data), desc, root))
		w, err := cs.Writer(two, content.WithRef("share"), content.WithDescriptor(desc))
		must(err)
		time.Sleep(25 * time.Hour)
		_, err = db.GarbageCollect(one)
		must(err)
		if _, err := cs.Status(two, "share"); !errdefs.IsNotFound(err) {
			t.Fatalf("the ingest has not expired: %v", err)
		}

		_, err = w.Write([]byte("other bytes"))
		w.Close()
		if err != nil {
			return // right: the ingest is gone
		}
		_, err = db.GarbageCollect(one)
		must(err)
		left, err := store.ListStatuses(one)
		must(err)
		if len(left) > 0 {
			t.Errorf("the ingest has no record, but the backend has %s of %d bytes", left[0].Ref, left[0].Offset)
		}
	})
}
