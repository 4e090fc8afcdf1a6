package metadata_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/testsuite"
	shareable "github.com/containerd/containerd/v2/pkg/labels"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/plugins/content/local"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// TestContentSuite runs containerd's content suites.
func TestContentSuite(t *testing.T) {
	testsuite.ContentSuite(t, "metadata", suiteStore())
	testsuite.ContentCrossNSSharedSuite(t, "metadata", suiteStore())
	testsuite.ContentCrossNSIsolatedSuite(t, "metadata", suiteStore(metadata.WithPolicyIsolated))
	testsuite.ContentSharedNSIsolatedSuite(t, "metadata", suiteStore(metadata.WithPolicyIsolated))
}

func suiteStore(opts ...metadata.DBOpt) testsuite.StoreInitFn {
	return func(ctx context.Context, root string) (context.Context, content.Store, func() error, error) {
		backend, err := local.NewStore(root)
		if err != nil {
			return nil, nil, nil, err
		}
		db := metadata.NewDB(memkv.New(), backend, nil, opts...)
		if err := db.Init(ctx); err != nil {
			return nil, nil, nil, err
		}
		var count atomic.Uint64
		name := testsuite.Name(ctx)
		ctx = testsuite.SetContextWrapper(ctx, func(
			ctx context.Context, shared bool,
		) (context.Context, func(context.Context) error, error) {
			ns := fmt.Sprintf("%s-%d", name, count.Add(1))
			ctx = namespaces.WithNamespace(ctx, ns)
			done := func(context.Context) error { return nil }
			if !shared {
				return ctx, done, nil
			}
			return ctx, done, db.Update(func(tx *memkv.Tx) error {
				return metadata.NewNamespaceStore(tx).SetLabel(ctx, ns, shareable.LabelSharedNamespace, "true")
			})
		})
		return ctx, db.ContentStore(), db.Close, nil
	}
}
