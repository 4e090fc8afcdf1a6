package metadata

import (
	"context"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/events"
)

// A DBOpt configures a database when NewDB makes it.
type DBOpt func(*dbOptions)

type dbOptions struct {
	shared      bool
	cleanupOnce bool
	version     Version // of the rules that collections go by
	publisher   events.Publisher
	clock       Clock // stored times, expiry
	stopwatch   Clock // durations
	scheduler   lock.Scheduler
	removed     func(context.Context, []gc.Node)
}

func defaultOptions() dbOptions {
	return dbOptions{shared: true, version: Newest, clock: systemClock, stopwatch: systemClock}
}

// WithPolicyIsolated keeps the content of namespaces apart: a namespace sees
// a blob only after a client of that namespace has written all of it.
func WithPolicyIsolated(o *dbOptions) { o.shared = false }

// WithEventsPublisher has the database publish what its stores do to p. A
// call inside a caller's transaction publishes nothing.
func WithEventsPublisher(p events.Publisher) DBOpt {
	return func(o *dbOptions) { o.publisher = p }
}

// WithClock replaces the system's clock as the source of every time that is
// stored or compared with a stored one.
func WithClock(now Clock) DBOpt { return func(o *dbOptions) { o.clock = now } }

// WithStopwatch replaces the system's clock as the source of durations, such
// as those in GCStats.
func WithStopwatch(now Clock) DBOpt { return func(o *dbOptions) { o.stopwatch = now } }

// WithCleanupOnce restores containerd's habit of remembering only in memory,
// and only until the first attempt, that a backend holds what the metadata no
// longer names, and of taking no notice where a call that failed, or that was
// rolled back, may have left something there. Without it Init takes every backend
// for one to be cleaned, and a backend whose clean-up failed, or of which such a
// call leaves one in doubt, is cleaned by the next collection.
func WithCleanupOnce(o *dbOptions) { o.cleanupOnce = true }

// WithRules has collections go by the rules of that version of containerd, and Init bring the database to its schema,
// instead of the newest's.
func WithRules(v Version) DBOpt { return func(o *dbOptions) { o.version = v } }

// WithScheduler makes a call that has to wait for a lock be parked by s instead of blocking its goroutine. The locks
// of the Transactor are its own: see memkv.WithScheduler.
func WithScheduler(s lock.Scheduler) DBOpt { return func(o *dbOptions) { o.scheduler = s } }

// WithRemoved has fn called by every collection, after it has committed and with its context, with what it removed from
// the database, by namespace and then by type. fn must not change it.
func WithRemoved(fn func(ctx context.Context, removed []gc.Node)) DBOpt {
	return func(o *dbOptions) { o.removed = fn }
}
