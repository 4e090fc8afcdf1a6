package metadata

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/log"
)

// clean cleans the backends with a mark, and notes in stats how long each cleaning took. If a cleaning fails, the mark
// is set again.
func (m *DB) clean(ctx context.Context, c sweepResult, stats *GCStats) {
	took := make([]time.Duration, len(c.snapshotters))
	var all []func() error
	for i, name := range c.snapshotters {
		all = append(all, func() error {
			took[i] = m.cleanSnapshotter(ctx, name)
			return nil
		})
	}
	if c.content {
		all = append(all, func() error {
			stats.ContentD = m.cleanContent(ctx)
			return nil
		})
	}
	_ = m.runAll(all...) // a cleaning that fails has logged it
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

// runAll calls the functions, each in a goroutine of its own unless WithSerialCleanup is set, and waits for them. It
// returns the error of the first one that fails.
func (m *DB) runAll(all ...func() error) error {
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i, fn := range all {
		if m.opts.serialCleanup || i == len(all)-1 { // this goroutine can call the last one
			errs[i] = fn()
		} else {
			running.Go(func() { errs[i] = fn() })
		}
	}
	running.Wait()
	return cmp.Or(errs...)
}

// beside calls fn in a goroutine of its own unless WithSerialCleanup is set. The caller calls wait.
func (m *DB) beside(fn func()) (wait func()) {
	if m.opts.serialCleanup {
		fn()
		return func() {}
	}
	var running sync.WaitGroup
	running.Go(fn)
	return running.Wait
}
