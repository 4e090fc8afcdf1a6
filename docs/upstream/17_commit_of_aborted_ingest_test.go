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

// TestCommitOfAbortedIngest: the commit of an aborted ingest succeeds if another namespace has the blob.
//
// Behaviour:
//
// A client writes a blob, and its ingest is aborted while the writer is open. The commit then depends on other
// namespaces, also with the isolated policy. If one of them has the blob, the content store answers "already exists",
// which the metadata takes for success: the blob gets a record. Otherwise the content store cannot rename the removed
// file, and its error has no class that clients know.
//
// Why it matters:
//
// An abort does not hold: the blob is there although the upload was aborted. A client of an isolated namespace can find
// out whether another namespace has a blob. Tests that pass alone fail beside other clients.
//
// Proposed fix:
//
// In the transaction of Commit, fail with "not found" if the namespace has no record of the ingest.
func TestCommitOfAbortedIngest(t *testing.T) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	data := []byte("layer")
	desc := ocispec.Descriptor{Digest: digest.FromBytes(data), Size: int64(len(data))}
	commit := func(another bool) error {
		file, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, nil)
		must(err)
		defer file.Close()
		store, err := local.NewStore(t.TempDir())
		must(err)
		one := namespaces.WithNamespace(context.Background(), "one")
		two := namespaces.WithNamespace(context.Background(), "two")
		db := metadata.NewDB(file, store, nil, metadata.WithPolicyIsolated)
		must(db.Init(one))
		cs := db.ContentStore()
		if another {
			must(content.WriteBlob(two, cs, "upload", bytes.NewReader(data), desc))
		}
		w, err := cs.Writer(one, content.WithRef("upload"))
		must(err)
		defer w.Close()
		_, err = w.Write(data)
		must(err)
		must(cs.Abort(one, "upload"))
		return w.Commit(one, desc.Size, desc.Digest)
	}
	if alone, beside := commit(false), commit(true); (alone == nil) != (beside == nil) {
		t.Errorf("the commit of an aborted ingest: %v; if another namespace has the blob: %v", alone, beside)
	}
}
