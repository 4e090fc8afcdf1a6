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

// TestBytesBeforeSharing: bytes that a client wrote before its ingest shared a blob stay.
//
// Behaviour:
//
// A client writes a part of a blob and disconnects. Another namespace writes the same blob. The client returns with
// the same reference and the descriptor: its writer now shares that blob. When it commits, the ingest of the first
// attempt stays in the backend, without a record.
//
// Why it matters:
//
// Two namespaces that pull the same image, as with Docker and Kubernetes on one node, reach this by one interrupted
// pull.
//
// Proposed fix:
//
// When a writer begins to share, abort the ingest that the backend has under its reference; or mark the content store
// dirty when the record of such an ingest is removed.
func TestBytesBeforeSharing(t *testing.T) {
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
	w, err := cs.Writer(one, content.WithRef("pull"))
	must(err)
	_, err = w.Write(data[:2])
	must(err)
	must(w.Close())
	must(content.WriteBlob(two, cs, "pull", bytes.NewReader(data), desc, root))
	_, err = db.GarbageCollect(one)
	must(err)
	w, err = cs.Writer(one, content.WithRef("pull"), content.WithDescriptor(desc))
	must(err)
	must(w.Commit(one, desc.Size, desc.Digest, root))

	_, err = db.GarbageCollect(one)
	must(err)
	left, err := store.ListStatuses(one)
	must(err)
	if len(left) > 0 {
		t.Errorf("all uploads are committed, but the backend still has the ingest %s of %d bytes", left[0].Ref, left[0].Offset)
	}
}
