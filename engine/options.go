package engine

import (
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/events"
)

// An Option configures a new node. Forks inherit it.
type Option func(*options)

type options struct {
	Setup
	rules     metadata.Version
	policy    func(now time.Time) schedule.Policy // nil: no automatic collections
	unwritten bool                                // a Setup cannot express the policy
	scheduler lock.Scheduler
	publisher events.Publisher
	opened    bool // opened from a database: blobs have sizes but no bytes
}

func newOptions(opts []Option) (options, error) {
	o := options{
		Setup:  Setup{Holdfast: op.Version, Snapshotters: []string{"native", "overlayfs"}},
		rules:  metadata.Newest,
		policy: containerdPolicy(schedule.Defaults()),
	}
	for _, set := range opts {
		set(&o)
	}
	o.Snapshotters = slices.Compact(slices.Sorted(slices.Values(o.Snapshotters)))
	if slices.Contains(o.Snapshotters, "") {
		return o, invalid("a snapshotter must have a name")
	}
	if !slices.Contains(metadata.Versions(), o.rules) {
		return o, invalid("rules of containerd %s are not known", o.rules)
	}
	o.Rules = o.rules.String()
	if o.Turns && o.scheduler != nil {
		return o, invalid("WithTurns and WithScheduler exclude one another")
	}
	return o, nil
}

// beginAt sets the start time, unless an option has set it.
func (o *options) beginAt(t time.Time) {
	if o.Start == nil {
		o.Start = &t
	}
}

func containerdPolicy(s schedule.Settings) func(time.Time) schedule.Policy {
	return func(now time.Time) schedule.Policy { return schedule.NewContainerd(s, now) }
}

// WithStart sets the time at which the clock starts. The default is [Start]; for a node opened from a database, it is
// the latest time in the database.
func WithStart(t time.Time) Option { return func(o *options) { o.Start = &t } }

// WithSeed sets the seed of the node's random source. The default is 0.
func WithSeed(seed uint64) Option { return func(o *options) { o.Seed = seed } }

// WithRules selects the version of containerd. Collections apply the rules of that version. The default is the newest
// version.
func WithRules(v metadata.Version) Option { return func(o *options) { o.rules = v } }

// WithSnapshotters sets the names of the snapshotters. The default is "overlayfs" and "native".
func WithSnapshotters(names ...string) Option { return func(o *options) { o.Snapshotters = names } }

// WithPolicyIsolated isolates the content of namespaces: see [metadata.WithPolicyIsolated].
func WithPolicyIsolated() Option { return func(o *options) { o.Isolated = true } }

// WithCleanupOnce makes the node forget garbage in the backends after a failed clean-up or a restart, as containerd
// does: see [metadata.WithCleanupOnce].
func WithCleanupOnce() Option { return func(o *options) { o.CleanupOnce = true } }

// WithSettings replaces the default settings of containerd's collection scheduler.
func WithSettings(s schedule.Settings) Option {
	return func(o *options) {
		o.Schedule, o.Unscheduled, o.unwritten = &s, false, false
		o.policy = containerdPolicy(s)
	}
}

// WithNamedParts makes collections faster: after the first, a collection looks only at those blobs and snapshots of the
// backends that a record named before. By default it walks the backends, and so removes also blobs that
// [backend.Content.Place] added without a record. The caller must not leave such blobs.
func WithNamedParts() Option { return func(o *options) { o.NamedParts = true } }

// WithoutSchedule disables automatic collections.
func WithoutSchedule() Option {
	return func(o *options) {
		o.Schedule, o.Unscheduled, o.unwritten = nil, true, false
		o.policy = nil
	}
}

// WithSchedule uses the collection policy that start returns at each start of the daemon. A [Recorder] cannot record
// such a node.
func WithSchedule(start func(now time.Time) schedule.Policy) Option {
	return func(o *options) {
		o.Schedule, o.Unscheduled, o.unwritten = nil, false, true
		o.policy = start
	}
}

// WithScheduler parks every call that waits, for a lock or for time, on s. All calls must then be made under s, and
// only one coroutine may run at a time.
func WithScheduler(s lock.Scheduler) Option { return func(o *options) { o.scheduler = s } }

// WithTurns makes a node that only [Engine.Apply] may use. If an Op has a name for its call and the call has to wait
// for a lock, a delay or a hang, the call stays pending while other Ops are applied. A "calls.resume" continues it, if
// the condition holds by then. So a sequence of Ops determines which calls overlap. Such a node has coroutines, which
// [Engine.Close] ends.
func WithTurns() Option { return func(o *options) { o.Turns = true } }

// WithPublisher also publishes every event of the node to p. The node holds no lock of its own during the call.
func WithPublisher(p events.Publisher) Option { return func(o *options) { o.publisher = p } }
