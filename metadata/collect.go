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
	"github.com/holdfast-gc/holdfast/metadata/log"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// GarbageCollect removes the resources that nothing keeps, and then has the backends remove what no resource names:
// the metadata while no writer runs, the backends after that, each snapshotter in the order of their names, the
// content, and then the collectors.
//
// A ctx that ends before the metadata is committed ends the collection, and nothing is removed. Later it ends the
// clean-up of the backends: what is left is cleaned by the next collection. A backend that fails does not fail the
// collection.
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
	c.collecting.finish(ctx)
	return stats, nil
}

// collected is what the metadata half of a collection leaves to be done.
type collected struct {
	collecting   collecting
	removed      []gc.Node // by namespace, then by type
	snapshotters []string  // to be cleaned
	content      bool
}

// collectMetadata marks and sweeps while no writer runs.
func (m *DB) collectMetadata(ctx context.Context) (c collected, stats GCStats, err error) {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	start := m.opts.stopwatch()
	c.collecting = startCollecting(ctx, m.collectors)
	defer func() {
		if err != nil {
			c.collecting.cancel(ctx)
		}
	}()
	err = m.db.Update(func(tx *memkv.Tx) error {
		p, err := m.mark(ctx, tx.Freeze(), c.collecting)
		if err != nil {
			return err
		}
		if err := sweep(tx, p); err != nil {
			return err
		}
		for _, id := range p.Removed {
			c.removed = append(c.removed, p.Marks().Graph().Node(id))
		}
		slices.SortStableFunc(c.removed, func(a, b gc.Node) int { return strings.Compare(a.Namespace, b.Namespace) })
		c.collecting.sweep(p.Marks())
		return ctx.Err()
	})
	if err != nil {
		// A database that fails to say so may have committed all the same.
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

// mark makes the plan of a collection, asking the collectors for what they know.
func (m *DB) mark(ctx context.Context, db memkv.Frozen, c collecting) (*gc.Plan, error) {
	s := newScan(db, GraphOptions{Version: m.opts.version, Now: m.opts.clock()})
	if _, ok := db.Bucket(keyVersion1); ok { // otherwise there is nothing that a collector could be asked about
		s.collecting = c
		c.define(s)
	}
	if err := s.database(); err != nil {
		return nil, err
	}
	g := s.finish()
	p := gc.MakePlan(g, gc.WhatIf{Follow: c.follow(ctx)})
	return p, s.checkLost(g, p.Marks())
}

// publishRemoved tells of those removals that have an event: images and snapshots.
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
