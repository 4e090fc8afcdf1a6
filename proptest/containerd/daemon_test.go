package containerd_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	holdfast "github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

// An applier makes the calls of one client.
type applier interface{ Apply(engine.Op) engine.Result }

// A daemon serves clients, which can call at the same time.
type daemon struct {
	content *backend.Content
	client  func() applier
}

// A daemonOf starts a daemon that isolates content.
type daemonOf func(*testing.T) daemon

// backends returns new backends.
func backends() (*backend.Content, map[string]snapshots.Snapshotter) {
	layers := map[string]snapshots.Snapshotter{}
	for _, name := range generate.Snapshotters {
		layers[name] = backend.NewSnapshotter(time.Now, "/"+name)
	}
	return backend.NewContent(time.Now), layers
}

// containerdDaemon starts a daemon with containerd's package.
func containerdDaemon(t *testing.T) daemon {
	file, err := bbolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	blobs, layers := backends()
	db := metadata.NewDB(file, blobs, layers, metadata.WithPolicyIsolated)
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return daemon{blobs, func() applier {
		return stores.New(stores.Stores{
			Images: metadata.NewImageStore(db), Containers: metadata.NewContainerStore(db), Sandboxes: metadata.NewSandboxStore(db),
			Leases: metadata.NewLeaseManager(db), Content: db.ContentStore(), Snapshotters: db.Snapshotters(),
			Namespaces: func(_ context.Context, fn func(namespaces.Store) error) error {
				return db.Update(func(tx *bbolt.Tx) error { return fn(metadata.NewNamespaceStore(tx)) })
			},
			Collect: func(ctx context.Context) error {
				_, err := db.GarbageCollect(ctx)
				return err
			},
		})
	}}
}

// holdfastDaemon starts a daemon with this module's package.
func holdfastDaemon(t *testing.T) daemon {
	blobs, layers := backends()
	db := holdfast.NewDB(memkv.New(), blobs, layers, holdfast.WithPolicyIsolated)
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return daemon{blobs, func() applier {
		return stores.New(stores.Stores{
			Images: holdfast.NewImageStore(db), Containers: holdfast.NewContainerStore(db), Sandboxes: holdfast.NewSandboxStore(db),
			Leases: holdfast.NewLeaseManager(db), Content: db.ContentStore(), Snapshotters: db.Snapshotters(),
			Namespaces: func(_ context.Context, fn func(namespaces.Store) error) error {
				return db.Update(func(tx *memkv.Tx) error { return fn(holdfast.NewNamespaceStore(tx)) })
			},
			Collect: func(ctx context.Context) error {
				_, err := db.GarbageCollect(ctx)
				return err
			},
		})
	}}
}
