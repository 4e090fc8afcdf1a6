package metadata

import (
	"context"
	"sync"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/log"
)

// clean cleans the backends with a mark, and notes in stats how long each cleaning took. If a cleaning fails, the mark
// is set again.
func (m *DB) clean(ctx context.Context, c sweepResult, stats *GCStats) {
	took := make([]time.Duration, len(c.snapshotters))
	var all []func()
	for i, name := range c.snapshotters {
		all = append(all, func() { took[i] = m.cleanSnapshotter(ctx, name) })
	}
	if c.content {
		all = append(all, func() { stats.ContentD = m.cleanContent(ctx) })
	}
	m.runAll(all)
	for i, name := range c.snapshotters {
		if stats.SnapshotD == nil {
			stats.SnapshotD = map[string]time.Duration{}
		}
		stats.SnapshotD[name] = took[i]
	}
}

func (m *DB) cleanSnapshotter(ctx context.Context, name string) time.Duration {
	d, err := m.ss[name].garbageCollect(ctx)
	if err != nil {
		log.G(ctx).WithError(err).WithField("snapshotter", name).Warn("snapshots are left to the next collection")
		m.stayDirty(func() { m.dirt.markSnapshotter(name) })
	}
	return d
}

func (m *DB) cleanContent(ctx context.Context) time.Duration {
	d, err := m.cs.garbageCollect(ctx)
	if err != nil {
		log.G(ctx).WithError(err).Warn("content is left to the next collection")
		m.stayDirty(m.dirt.markContent)
	}
	return d
}

// runAll calls the functions, each in a goroutine of its own unless WithSerialCleanup is set, and waits for them.
func (m *DB) runAll(all []func()) {
	if m.opts.serialCleanup || len(all) < 2 {
		for _, fn := range all {
			fn()
		}
		return
	}
	var running sync.WaitGroup
	for _, fn := range all {
		running.Go(fn)
	}
	running.Wait()
}
