package metadata

import (
	"context"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/events"
)

// A DBOpt is an option of [NewDB].
type DBOpt func(*dbOptions)

type dbOptions struct {
	shared      bool
	cleanupOnce bool
	walkAlways  bool
	version     Version // its rules decide collections
	publisher   events.Publisher
	clock       Clock // stored times, expiry
	stopwatch   Clock // durations
	scheduler   lock.Scheduler
	removed     func(context.Context, []gc.Node)

	graphDropped  bool
	serialCleanup bool
}

func defaultOptions() dbOptions {
	return dbOptions{shared: true, version: Newest, clock: systemClock, stopwatch: systemClock}
}

// WithPolicyIsolated keeps the content of namespaces apart: a namespace gets a blob only after one of its clients has
// written all bytes of the blob.
func WithPolicyIsolated(o *dbOptions) { o.shared = false }

// WithEventsPublisher makes the stores publish their changes to p. A call inside a caller's transaction publishes
// nothing.
func WithEventsPublisher(p events.Publisher) DBOpt {
	return func(o *dbOptions) { o.publisher = p }
}

// WithClock replaces the system's clock for all times that the database stores or compares with a stored time.
func WithClock(now Clock) DBOpt { return func(o *dbOptions) { o.clock = now } }

// WithStopwatch replaces the system's clock for durations, for example in [GCStats]. Several goroutines may call now,
// unless [WithSerialCleanup] is set.
func WithStopwatch(now Clock) DBOpt { return func(o *dbOptions) { o.stopwatch = now } }

// WithCleanupOnce restores containerd's behaviour: only a deletion marks a backend for cleaning, the mark is in memory
// only, and the first attempt to clean consumes it. By default, [DB.Init] marks all backends, a failed cleaning keeps
// the mark, and a call that fails or may be rolled back after a backend has stored data sets it.
func WithCleanupOnce(o *dbOptions) { o.cleanupOnce = true }

// WithoutKeptGraph makes every collection read the whole database. By default, a collection keeps the reference graph
// for the next one, which takes up to 200 bytes of memory for each object.
func WithoutKeptGraph(o *dbOptions) { o.graphDropped = true }

// WithCompleteCleanup makes every cleaning of a backend walk the whole backend, as containerd does. It then also
// removes parts that other code has stored in the backend. By default, only the first cleaning after [DB.Init] walks,
// and later ones look at the parts that records named before, or that a failed or rolled back call may have stored.
func WithCompleteCleanup(o *dbOptions) { o.walkAlways = true }

// WithQuickCleanup undoes [WithCompleteCleanup], for a [DB.Fork]. The first cleaning of the fork walks.
func WithQuickCleanup(o *dbOptions) { o.walkAlways = false }

// WithSerialCleanup makes a collection clean one backend after the other: the snapshotters in the order of their names,
// then the content backend. By default it cleans them at the same time, each in a goroutine of its own, as containerd
// does. The serial order makes the calls of the backends deterministic. A collection then also deletes the records of
// different kinds one after the other.
func WithSerialCleanup(o *dbOptions) { o.serialCleanup = true }

// WithRules makes collections follow the rules of containerd version v, and [DB.Init] migrate to its schema. The
// default is [Newest].
func WithRules(v Version) DBOpt { return func(o *dbOptions) { o.version = v } }

// WithScheduler makes s park the calls that wait for a lock of the database; by default they block their goroutine. It
// implies [WithSerialCleanup]. The Transactor has its own locks: see memkv.WithScheduler.
func WithScheduler(s lock.Scheduler) DBOpt {
	return func(o *dbOptions) { o.scheduler, o.serialCleanup = s, o.serialCleanup || s != nil }
}

// WithRemoved makes every collection call fn after its commit, with the context of the collection and the nodes of the
// removed records, sorted by namespace and then by type. fn must not modify removed.
func WithRemoved(fn func(ctx context.Context, removed []gc.Node)) DBOpt {
	return func(o *dbOptions) { o.removed = fn }
}

// A Clock returns the current time. A database reads it once in each call that stores a time, and once in each
// collection.
type Clock func() time.Time

// systemClock is the default of both clocks of a database. No other code in this package reads the real time.
var systemClock Clock = time.Now

// now returns the current time as records store it: in UTC, without a monotonic reading.
func (c Clock) now() time.Time { return c().UTC().Round(0) }

// since returns the time elapsed since start.
func (c Clock) since(start time.Time) time.Duration { return c().Sub(start) }
