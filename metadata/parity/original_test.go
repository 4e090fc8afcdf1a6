package parity

import (
	"context"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/pkg/gc"
	"go.etcd.io/bbolt"
)

// original is containerd's package over a bbolt file.
var original = implementation{name: "containerd", open: func(dir string, s setup, b backends) (*node, error) {
	file, err := bbolt.Open(filepath.Join(dir, "meta.db"), 0o600, &bbolt.Options{
		NoSync: true, NoGrowSync: true, NoFreelistSync: true,
		// A file of this size is mapped once. Mapping it again would wait for the readers that a history keeps open.
		InitialMmapSize: 1 << 28,
	})
	if err != nil {
		return nil, err
	}
	opts := []metadata.DBOpt{metadata.WithEventsPublisher(b.publisher)}
	if s.Isolated {
		opts = append(opts, metadata.WithPolicyIsolated)
	}
	db := metadata.NewDB(file, b.content, b.snapshotters, opts...)
	return &node{
		images:     metadata.NewImageStore(db),
		containers: metadata.NewContainerStore(db),
		sandboxes:  metadata.NewSandboxStore(db),
		leases:     metadata.NewLeaseManager(db),
		db: adapter[*bbolt.Tx, *bbolt.Bucket]{
			store:       db,
			namespaces:  metadata.NewNamespaceStore,
			contextWith: boltutil.WithTransaction,
			publisherOf: func(ctx context.Context) bool { return db.Publisher(ctx) != nil },
			registerAt: func(t gc.ResourceType, c *resources) {
				db.RegisterCollectibleResource(t, collector[metadata.CollectionContext]{c})
			},
			durationsFrom: func(s gc.Stats) durations {
				g := s.(metadata.GCStats)
				return durations{g.Elapsed(), g.MetaD, g.ContentD, g.SnapshotD}
			},
		},
	}, nil
}}
