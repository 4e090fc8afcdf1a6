package metadata

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// GarbageCollect removes unreachable records from the database, and then cleans the backends, each in a goroutine of
// its own; see [WithSerialCleanup]. At last it finishes the collectors.
//
// A collection keeps its reference graph for the next one, which reads only the records that have changed since; see
// [WithoutKeptGraph]. It finds the garbage beside the writers. It locks them out only while it takes account of their
// last changes and deletes. It removes the objects that were garbage at its begin and still are: writers can save an
// object meanwhile, and the garbage that they make stays until the next collection, with everything that it keeps.
//
// It asks the registered Collectors while writers are locked out. If the name of a snapshotter contains a "/", a
// collection locks writers out while it reads the whole database.
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
	if c.finish != nil {
		defer m.beside(c.finish)()
	}
	if m.opts.removed != nil {
		m.opts.removed(ctx, c.removed)
	}
	m.publishRemoved(c.removed)
	m.clean(ctx, c, &stats)
	c.collectors.finish(ctx)
	return stats, nil
}

// sweepResult is the result of the metadata phase of a collection: the work that remains.
type sweepResult struct {
	collectors   collectorContexts
	removed      []gc.Node // by namespace, then by type
	snapshotters []string  // to be cleaned, in ascending order
	content      bool      // the content backend must be cleaned
	finish       func()    // if not nil: brings the kept graph up to date, which other collections wait for
}

// collectMetadata marks and sweeps the records.
func (m *DB) collectMetadata(ctx context.Context) (sweepResult, GCStats, error) {
	for range attempts {
		c, stats, err := m.collectBeside(ctx)
		switch {
		case err == nil:
			return c, stats, nil
		case errors.Is(err, errDiscontinued): // try again
		case errors.Is(err, graph.ErrNotLive):
			return m.collectAlone(ctx)
		default:
			return c, stats, fmt.Errorf("collect garbage: %w", err)
		}
	}
	return m.collectAlone(ctx)
}

// attempts limits the attempts to collect beside writers.
const attempts = 3

// collectAlone marks and sweeps the records, and locks writers out meanwhile.
func (m *DB) collectAlone(ctx context.Context) (c sweepResult, stats GCStats, err error) {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collectors = startCollectors(ctx, m.collectors)
	if len(m.collectors) > 0 {
		stats.CollectorD = m.opts.stopwatch.since(start) // without the questions of the scan, which reads records meanwhile
	}
	defer func() {
		if err != nil {
			c.collectors.cancel(ctx)
		}
	}()
	err = updateContext(ctx, m.db, func(tx *memkv.Tx) error {
		p, err := m.mark(ctx, tx.Freeze(), c.collectors)
		if err != nil {
			return err
		}
		c.removed = graph.Removed(p)
		m.suspectRecords(tx.Freeze(), c.removed)
		if err := graph.Delete(tx, c.removed); err != nil {
			return err
		}
		slices.SortStableFunc(c.removed, func(a, b gc.Node) int { return strings.Compare(a.Namespace, b.Namespace) })
		if len(c.collectors) > 0 {
			asked := m.opts.stopwatch()
			c.collectors.sweep(func(n gc.Node) bool {
				id, _ := p.Marks().Graph().Lookup(n)
				return p.Marks().Reached(id)
			})
			stats.CollectorD += m.opts.stopwatch.since(asked)
		}
		return ctx.Err()
	})
	if err != nil {
		// The commit can fail after the database has stored the change.
		m.stayDirty(func() { m.dirt.markRemoved(c.removed) })
		return c, stats, fmt.Errorf("collect garbage: %w", err)
	}
	m.dirt.markRemoved(c.removed)
	m.takeDirt(&c)
	stats.MetaD = m.opts.stopwatch.since(start)
	return c, stats, nil
}

// takeDirt moves the marks of backends to clean into c. The caller holds wlock for writing.
func (m *DB) takeDirt(c *sweepResult) {
	content, dirty := m.dirt.take()
	c.content = content && m.cs != nil
	for _, name := range dirty {
		if m.ss[name] != nil {
			c.snapshotters = append(c.snapshotters, name)
		}
	}
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
