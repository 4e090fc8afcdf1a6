package engine

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/boltutil"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// SetUsage sets the usage of an active snapshot in the context's namespace, because there are no files to measure. It
// fails with NotFound, and with FailedPrecondition if the snapshot is not active.
func (e *Engine) SetUsage(ctx context.Context, snapshotter, key string, u snapshots.Usage) error {
	d := e.current()
	s := d.snapshotter(snapshotter)
	if s == nil {
		return op.NoSnapshotter(snapshotter)
	}
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return err
	}
	var backendKey string
	view := d.db.ViewContext
	if tx, ok := boltutil.Transaction(ctx); ok {
		view = func(_ context.Context, fn func(*memkv.Tx) error) error { return fn(tx) }
	}
	err = view(ctx, func(tx *memkv.Tx) error {
		record := tx.BucketAt("v1", namespace, "snapshots", snapshotter, key)
		if record == nil {
			return fmt.Errorf("snapshot %q: %w", key, errdefs.ErrNotFound)
		}
		backendKey = string(record.Get([]byte("name")))
		return nil
	})
	if err != nil {
		return err
	}
	return s.SetUsage(backendKey, u)
}
