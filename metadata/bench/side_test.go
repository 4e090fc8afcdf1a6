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
	"github.com/containerd/containerd/v2/pkg/gc"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
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

	blobs    *backend.Content // behind content
	backends any              // behind content and snapshots
	kv       *memkv.DB        // with the records; nil in containerd's implementation
	// together calls fn with a context that carries one transaction for all calls.
	together func(fn func(context.Context) error) error
	// collect collects garbage and returns how long that locked writers out, by the implementation's own clock.
	collect func(context.Context) (locked time.Duration, err error)
	// reopen returns the stores of a new database value over the same records and backends. Options are Holdfast's.
	reopen func(...metadata.DBOpt) (*side, error)
}

const snapshotterName = "native"

// sides returns an empty database of each implementation, in the order of [implementations].
func sides(tb testing.TB) [2]*side { return [2]*side{holdfast(tb), original(tb)} }

func holdfast(tb testing.TB) *side {
	blobs, layers := backends()
	s, err := holdfastOver(memkv.New(), blobs, layers)
	must(tb, err)
	return s
}

func holdfastOver(
	kv *memkv.DB, blobs *backend.Content, layers map[string]snapshots.Snapshotter, opts ...metadata.DBOpt,
) (*side, error) {
	db := metadata.NewDB(kv, blobs, layers, opts...)
	return &side{
		name:       string(figures.Holdfast),
		images:     metadata.NewImageStore(db),
		containers: metadata.NewContainerStore(db),
		leases:     metadata.NewLeaseManager(db),
		content:    db.ContentStore(),
		snapshots:  db.Snapshotter(snapshotterName),
		blobs:      blobs,
		backends:   []any{blobs, layers},
		kv:         kv,
		together: func(fn func(context.Context) error) error {
			return db.Update(func(tx *memkv.Tx) error { return fn(metadata.WithTransactionContext(inDefault, tx)) })
		},
		collect: func(ctx context.Context) (time.Duration, error) { return elapsed(db.GarbageCollect(ctx)) },
		reopen:  func(opts ...metadata.DBOpt) (*side, error) { return holdfastOver(kv, blobs, layers, opts...) },
	}, db.Init(context.Background())
}

func original(tb testing.TB) *side {
	blobs, layers := backends()
	kv := openBolt(tb, filepath.Join(scratch(tb), "meta.db"))
	tb.Cleanup(func() { kv.Close() })
	s, err := originalOver(kv, blobs, layers)
	must(tb, err)
	return s
}

func originalOver(kv *bolt.DB, blobs *backend.Content, layers map[string]snapshots.Snapshotter) (*side, error) {
	db := containerd.NewDB(kv, blobs, layers)
	return &side{
		name:       string(figures.Containerd),
		images:     containerd.NewImageStore(db),
		containers: containerd.NewContainerStore(db),
		leases:     containerd.NewLeaseManager(db),
		content:    db.ContentStore(),
		snapshots:  db.Snapshotter(snapshotterName),
		blobs:      blobs,
		backends:   []any{blobs, layers},
		together: func(fn func(context.Context) error) error {
			return db.Update(func(tx *bolt.Tx) error { return fn(boltutil.WithTransaction(inDefault, tx)) })
		},
		collect: func(ctx context.Context) (time.Duration, error) { return elapsed(db.GarbageCollect(ctx)) },
		reopen:  func(...metadata.DBOpt) (*side, error) { return originalOver(kv, blobs, layers) },
	}, db.Init(context.Background())
}

// elapsed returns the time for which a collection locked writers out.
func elapsed(stats gc.Stats, err error) (time.Duration, error) {
	if err != nil {
		return 0, err
	}
	return stats.Elapsed(), nil
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
