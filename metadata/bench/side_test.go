package bench

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	containerd "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

var inDefault = namespaces.WithNamespace(context.Background(), "default")

// A side is one implementation with its stores. Both sides have backends of the same kind, but not the same backends.
type side struct {
	name       string
	images     images.Store
	containers containers.Store
	leases     leases.Manager
	content    content.Store
	snapshots  snapshots.Snapshotter

	blobs *backend.Content // behind content
	// together calls fn with a context that carries one transaction for all calls.
	together func(fn func(context.Context) error) error
}

const snapshotterName = "native"

// sides returns an empty database of each implementation, in the order of [implementations].
func sides(tb testing.TB) [2]*side { return [2]*side{holdfast(tb), original(tb)} }

func holdfast(tb testing.TB) *side {
	blobs, layers := backends()
	db := metadata.NewDB(memkv.New(), blobs, layers)
	must(tb, db.Init(context.Background()))
	return &side{
		name:       "holdfast",
		images:     metadata.NewImageStore(db),
		containers: metadata.NewContainerStore(db),
		leases:     metadata.NewLeaseManager(db),
		content:    db.ContentStore(),
		snapshots:  db.Snapshotter(snapshotterName),
		blobs:      blobs,
		together: func(fn func(context.Context) error) error {
			return db.Update(func(tx *memkv.Tx) error { return fn(metadata.WithTransactionContext(inDefault, tx)) })
		},
	}
}

func original(tb testing.TB) *side {
	blobs, layers := backends()
	kv := openBolt(tb, filepath.Join(scratch(tb), "meta.db"))
	tb.Cleanup(func() { kv.Close() })
	db := containerd.NewDB(kv, blobs, layers)
	must(tb, db.Init(context.Background()))
	return &side{
		name:       "containerd",
		images:     containerd.NewImageStore(db),
		containers: containerd.NewContainerStore(db),
		leases:     containerd.NewLeaseManager(db),
		content:    db.ContentStore(),
		snapshots:  db.Snapshotter(snapshotterName),
		blobs:      blobs,
		together: func(fn func(context.Context) error) error {
			return db.Update(func(tx *bolt.Tx) error { return fn(boltutil.WithTransaction(inDefault, tx)) })
		},
	}
}

func backends() (*backend.Content, map[string]snapshots.Snapshotter) {
	return backend.NewContent(time.Now), map[string]snapshots.Snapshotter{
		snapshotterName: backend.NewSnapshotter(time.Now, "/snapshots"),
	}
}

// openBolt opens a file with the options that are fastest for bbolt.
func openBolt(tb testing.TB, path string) *bolt.DB {
	kv, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	must(tb, err)
	return kv
}

// scratch returns a temporary folder, in memory where /dev/shm exists.
func scratch(tb testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "holdfast")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func must(tb testing.TB, err error) {
	if err != nil {
		tb.Helper()
		tb.Fatal(err)
	}
}
