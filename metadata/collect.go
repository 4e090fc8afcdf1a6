package metadata

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// GarbageCollect removes unreachable records from the database, and then cleans the backends. It locks writers out
// while it marks and sweeps the records. Then it cleans the snapshotters in the order of their names, then the content
// backend, and then it finishes the collectors.
//
// If ctx ends before the sweep is committed, GarbageCollect fails and removes nothing. If ctx ends later, or a backend
// fails, GarbageCollect succeeds, and the next collection cleans the rest.
func (m *DB) GarbageCollect(ctx context.Context) (gc.Stats, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c, stats, err := m.collectMetadata(ctx)
	if err != nil {
		return nil, err
	}
	if m.opts.removed != nil {
		m.opts.removed(ctx, c.removed)
	}
	m.publishRemoved(c.removed)
	for _, name := range c.snapshotters {
		d, err := m.ss[name].garbageCollect(ctx)
		if err != nil {
			log.G(ctx).WithError(err).WithField("snapshotter", name).Warn("snapshots are left to the next collection")
			m.stayDirty(func() { m.dirt.markSnapshotter(name) })
		}
		if stats.SnapshotD == nil {
			stats.SnapshotD = map[string]time.Duration{}
		}
		stats.SnapshotD[name] = d
	}
	if c.content {
		if stats.ContentD, err = m.cs.garbageCollect(ctx); err != nil {
			log.G(ctx).WithError(err).Warn("content is left to the next collection")
			m.stayDirty(m.dirt.markContent)
		}
	}
	c.collectors.finish(ctx)
	return stats, nil
}

// sweepResult is the result of the metadata phase of a collection: the work that remains.
type sweepResult struct {
	collectors   collectorContexts
	removed      []gc.Node // by namespace, then by type
	snapshotters []string  // to be cleaned, in ascending order
	content      bool      // the content backend must be cleaned
}

// collectMetadata marks and sweeps the records, and locks writers out meanwhile.
func (m *DB) collectMetadata(ctx context.Context) (c sweepResult, stats GCStats, err error) {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collectors = startCollectors(ctx, m.collectors)
	defer func() {
		if err != nil {
			c.collectors.cancel(ctx)
		}
	}()
	err = m.db.Update(func(tx *memkv.Tx) error {
		p, err := m.mark(ctx, tx.Freeze(), c.collectors)
		if err != nil {
			return err
		}
		if err := graph.Sweep(tx, p); err != nil {
			return err
		}
		for _, id := range p.Removed {
			c.removed = append(c.removed, p.Marks().Graph().Node(id))
		}
		slices.SortStableFunc(c.removed, func(a, b gc.Node) int { return strings.Compare(a.Namespace, b.Namespace) })
		c.collectors.sweep(p.Marks())
		return ctx.Err()
	})
	if err != nil {
		// The commit can fail after the database has stored the change.
		m.stayDirty(func() { m.dirt.markRemoved(c.removed) })
		return c, stats, fmt.Errorf("collect garbage: %w", err)
	}
	m.dirt.markRemoved(c.removed)
	content, dirty := m.dirt.take()
	c.content = content && m.cs != nil
	for _, name := range dirty {
		if m.ss[name] != nil {
			c.snapshotters = append(c.snapshotters, name)
		}
	}
	stats.MetaD = m.opts.stopwatch.since(start)
	return c, stats, nil
}

// mark computes the plan of a collection, including the resources of the collectors.
func (m *DB) mark(ctx context.Context, db memkv.Frozen, c collectorContexts) (*gc.Plan, error) {
	o := graph.Options{Version: m.opts.version, Now: m.opts.clock()}
	if _, ok := db.Bucket(schema.KeyVersion1); ok { // containerd calls no collector if the database is empty
		o.Collectors = c.resources(ctx)
	}
	return graph.Plan(db, o, nil)
}

// publishRemoved publishes an event for each removed image and snapshot. Other objects have no events.
func (m *DB) publishRemoved(removed []gc.Node) {
	if m.opts.publisher == nil {
		return
	}
	var ctx context.Context
	for i, n := range removed {
		if i == 0 || n.Namespace != removed[i-1].Namespace {
			ctx = namespaces.WithNamespace(context.Background(), n.Namespace)
		}
		var topic string
		var event any
		switch n.Type {
		case ResourceImage:
			topic, event = "/images/delete", &events.ImageDelete{Name: n.Key}
		case ResourceSnapshot:
			snapshotter, key, _ := strings.Cut(n.Key, "/")
			topic, event = "/snapshot/remove", &events.SnapshotRemove{Key: key, Snapshotter: snapshotter}
		default:
			continue
		}
		if err := m.opts.publisher.Publish(ctx, topic, event); err != nil {
			log.G(ctx).WithError(err).WithField("topic", topic).Debug("event of a collection not published")
		}
	}
}
