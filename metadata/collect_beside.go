package metadata

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// errDiscontinued is the error of a collection during which the database has changed in an unknown way.
var errDiscontinued = errors.New("the changes during the collection are unknown")

const (
	// followedMax is the number of changed objects that a collection follows while it locks writers out, without
	// another round beside them. It takes a few microseconds for each.
	followedMax = 32
	// rounds limits the rounds. More do not help if writers make changes as fast as the collection follows them.
	rounds = 4
)

// collectBeside marks beside the writers, and locks them out for the sweep. It fails with [graph.ErrNotLive] or
// errDiscontinued, without any change, if it cannot decide what is garbage. If it does not fail, it holds collecting,
// and c.finish releases it.
func (m *DB) collectBeside(ctx context.Context) (c sweepResult, stats GCStats, err error) {
	m.collecting.Lock()
	swept := false
	defer func() {
		if !swept {
			m.releaseLive()
		}
	}()
	m.wlock.RLock() // can end the goroutine, if a scheduler gives the call up
	external := collectorRules(m.collectors)
	m.wlock.RUnlock()
	if m.live == nil || !slices.Equal(external, m.external) {
		m.live, m.external = graph.NewLive(m.opts.version, external...), external
	}
	now := m.opts.clock()
	sweep, err := m.findGarbage(ctx, now)
	switch {
	case errors.Is(err, errDiscontinued):
		return c, stats, err
	case err != nil:
		return c, stats, graph.ErrNotLive // a fault of the database is one of the last transaction
	}
	before := m.live.Position()
	c, stats, err = m.finishSweep(ctx, sweep, now)
	m.live.Dismiss()
	if err != nil {
		m.live.Rewind(before)
		return c, stats, err
	}
	removed := sweep.Removed()
	swept, c.finish = true, func() {
		m.live.Forget(removed)
		m.releaseLive()
	}
	// The callbacks of the collection own c.removed, while finish reads removed.
	if c.removed = append(c.removed, removed...); len(c.removed) > len(removed) {
		slices.SortFunc(c.removed, graph.CompareRemoved)
		c.removed = slices.Compact(c.removed)
	}
	return c, stats, nil
}

// releaseLive ends the use of the kept graph by a collection.
func (m *DB) releaseLive() {
	defer m.collecting.Unlock()
	if m.opts.graphDropped {
		m.live = nil
	}
	if m.live == nil {
		return
	}
	m.followed.Store(&followed{m.live.Position(), max(1000, m.live.Len()/4)})
}

// followed is the position up to which the kept graph knows the database, and the number of later changes after which
// reading it anew is better than keeping a list of the changes.
type followed struct {
	at      memkv.Position
	changes int
}

// boundJournal gives the kept graph up if too many changes have been made since the last collection.
func (m *DB) boundJournal(tx *memkv.Tx) {
	f := m.followed.Load()
	if f == nil || tx.CountChanges(f.at) <= f.changes || !m.collecting.TryLock() {
		return
	}
	defer m.collecting.Unlock()
	m.live = nil
	m.followed.Store(nil)
}

// findGarbage finds the garbage beside the writers. The caller holds collecting.
func (m *DB) findGarbage(ctx context.Context, now time.Time) (*graph.Sweep, error) {
	var sweep *graph.Sweep
	var changed int
	err := viewContext(ctx, m.db, func(tx *memkv.Tx) error {
		d, err := m.live.Follow(tx, now)
		if err != nil {
			return err
		}
		sweep = graph.NewSweep(m.live)
		err = m.runAll(append(sweep.Copy(tx), func() error {
			m.suspectRecords(tx.Freeze(), sweep.Removed())
			return nil
		})...)
		if err != nil {
			return err
		}
		changed = len(d.Nodes) + sweep.Len()
		if d.Rebuilt {
			changed += m.live.Len()
		}
		return nil
	})
	for round := 0; err == nil && changed > followedMax && round < rounds; round++ {
		err = viewContext(ctx, m.db, func(tx *memkv.Tx) (err error) {
			changed, err = m.catchUp(tx, sweep, now)
			return err
		})
	}
	return sweep, err
}

// catchUp takes account of changes that were made since the sweep was prepared. It returns their number.
func (m *DB) catchUp(tx *memkv.Tx, sweep *graph.Sweep, now time.Time) (followed int, err error) {
	if _, known := tx.Changes(m.live.Position()); !known {
		return 0, errDiscontinued
	}
	d, err := m.live.Follow(tx, now)
	switch {
	case err != nil:
		return 0, err
	case d.Rebuilt:
		return 0, errDiscontinued
	}
	if err := sweep.Follow(tx, m.live, d); err != nil {
		return 0, err
	}
	var changed []gc.Node
	for _, n := range d.Nodes {
		if sweep.Lists(n) {
			changed = append(changed, n) // perhaps with another part
		}
	}
	m.suspectRecords(tx.Freeze(), changed)
	return len(d.Nodes), nil
}

// consult takes account of the resources of collectors, and removes the unreachable ones.
func (m *DB) consult(ctx context.Context, tx *memkv.Tx, sweep *graph.Sweep, c *sweepResult, stats *GCStats) error {
	db := tx.Freeze()
	if _, ok := db.Bucket(schema.KeyVersion1); !ok || len(c.collectors) == 0 {
		return nil // containerd calls no collector if the database is empty
	}
	start := m.opts.stopwatch()
	reached := m.live.Consult(db, c.collectors.resources(ctx))
	c.removed = c.collectors.sweep(m.live.Reaches)
	stats.CollectorD += m.opts.stopwatch.since(start)
	return sweep.Follow(tx, m.live, graph.Delta{Nodes: reached})
}

// finishSweep locks writers out and makes the sweep. The caller holds collecting.
func (m *DB) finishSweep(ctx context.Context, sweep *graph.Sweep, now time.Time) (c sweepResult, stats GCStats, err error) {
	m.wlock.Lock()
	defer m.wlock.Unlock()
	if !slices.Equal(collectorRules(m.collectors), m.external) {
		return c, stats, errDiscontinued
	}
	start, swept := m.opts.stopwatch(), false
	c.collectors = startCollectors(ctx, m.collectors)
	if len(m.collectors) > 0 {
		stats.CollectorD = m.opts.stopwatch.since(start)
	}
	defer func() {
		if err != nil {
			c.collectors.cancel(ctx)
		}
	}()
	err = updateContext(ctx, m.db, func(tx *memkv.Tx) error {
		if _, err := m.catchUp(tx, sweep, now); err != nil {
			return err
		}
		if err := m.consult(ctx, tx, sweep, &c, &stats); err != nil {
			return err
		}
		swept = true
		if err := sweep.Apply(tx); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		if swept { // the commit can fail after the database has stored the change
			m.stayDirty(func() { m.dirt.markRemoved(sweep.Samples()) })
		}
		return c, stats, err
	}
	m.dirt.markRemoved(sweep.Samples())
	m.takeDirt(&c)
	stats.MetaD = m.opts.stopwatch.since(start)
	return c, stats, nil
}
