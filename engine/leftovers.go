package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Leftovers lists the contents of the backends by their own names: blobs by digest, then ingests, then the snapshots of each
// snapshotter, in ascending order. A test finds with it what the database does not name.
func (e *Engine) Leftovers(ctx context.Context) []string {
	d := e.current()
	var all []string
	_ = d.content.Walk(ctx, func(info content.Info) error {
		all = append(all, info.Digest.String())
		return nil
	})
	_ = d.content.WalkStatusRefs(ctx, func(ref string) error {
		all = append(all, ref)
		return nil
	})
	for _, s := range d.snapshotters {
		_ = s.Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			all = append(all, info.Name)
			return nil
		})
	}
	return all
}
