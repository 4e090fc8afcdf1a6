package parity

import (
	"context"

	"github.com/containerd/containerd/v2/pkg/gc"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
)

// ours is the package metadata of this module over memkv.
var ours = implementation{name: "holdfast", open: func(dir string, s setup, b backends) (*node, error) {
	opts := []metadata.DBOpt{metadata.WithEventsPublisher(b.publisher)}
	if !s.Thorough {
		opts = append(opts, metadata.WithCleanupOnce)
	}
	if s.Isolated {
		opts = append(opts, metadata.WithPolicyIsolated)
	}
	db := metadata.NewDB(memkv.New(), b.content, b.snapshotters, opts...)
	return &node{
		images:     metadata.NewImageStore(db),
		containers: metadata.NewContainerStore(db),
		sandboxes:  metadata.NewSandboxStore(db),
		leases:     metadata.NewLeaseManager(db),
		db: adapter[*memkv.Tx, *memkv.Bucket]{
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
