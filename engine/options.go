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

// An Option sets something about a node when it is made. Forks inherit it.
type Option func(*options)

type options struct {
	Setup
	rules     metadata.Version
	policy    func(now time.Time) schedule.Policy // nil: nothing collects by itself
	unwritten bool                                // the policy is none that a Setup can tell
	scheduler lock.Scheduler
	publisher events.Publisher
	opened    bool // from a database: of blobs, only sizes are known
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

// beginAt sets the time at which the node begins, unless that is set.
func (o *options) beginAt(t time.Time) {
	if o.Start == nil {
		o.Start = &t
	}
}

func containerdPolicy(s schedule.Settings) func(time.Time) schedule.Policy {
	return func(now time.Time) schedule.Policy { return schedule.NewContainerd(s, now) }
}

// WithStart sets the time at which the node begins. Without it that is Start,
// and for a node that is opened from a database the latest time in that.
func WithStart(t time.Time) Option { return func(o *options) { o.Start = &t } }

// WithSeed sets the seed of the node's random source, which is 0 otherwise.
func WithSeed(seed uint64) Option { return func(o *options) { o.Seed = seed } }

// WithRules has collections go by the rules of that version of containerd
// instead of the newest's.
func WithRules(v metadata.Version) Option { return func(o *options) { o.rules = v } }

// WithSnapshotters sets which snapshotters there are, instead of "overlayfs" and
// "native".
func WithSnapshotters(names ...string) Option { return func(o *options) { o.Snapshotters = names } }

// WithPolicyIsolated keeps the content of namespaces apart: see
// metadata.WithPolicyIsolated.
func WithPolicyIsolated() Option { return func(o *options) { o.Isolated = true } }

// WithCleanupOnce has the node forget what a failed clean-up, or one before a
// restart, left in the backends, as containerd does: see metadata.WithCleanupOnce.
func WithCleanupOnce() Option { return func(o *options) { o.CleanupOnce = true } }

// WithSettings sets when to collect: as containerd's scheduler does with these
// settings, instead of its defaults.
func WithSettings(s schedule.Settings) Option {
	return func(o *options) {
		o.Schedule, o.Unscheduled, o.unwritten = &s, false, false
		o.policy = containerdPolicy(s)
	}
}

// WithoutSchedule leaves collecting to the caller.
func WithoutSchedule() Option {
	return func(o *options) {
		o.Schedule, o.Unscheduled, o.unwritten = nil, true, false
		o.policy = nil
	}
}

// WithSchedule has start make the policy that says when to collect, whenever the
// node starts. A Recorder can't write such a node down.
func WithSchedule(start func(now time.Time) schedule.Policy) Option {
	return func(o *options) {
		o.Schedule, o.Unscheduled, o.unwritten = nil, false, true
		o.policy = start
	}
}

// WithScheduler has everything on the node that has to wait, for a lock or for
// the time, be parked by s. All calls must then be made under it, and only one
// coroutine may run at a time.
func WithScheduler(s lock.Scheduler) Option { return func(o *options) { o.scheduler = s } }

// WithTurns has the node be used through Apply alone, and has calls that wait do so:
// one that must wait for a lock, a delay or a hang, and whose Op has a name for it,
// is left waiting, while other Ops are applied. It goes on with a "calls.resume",
// if what it waited for has come by then. So a sequence of Ops says all about which
// calls overlap, and how. Such a node keeps a coroutine, which Close ends.
func WithTurns() Option { return func(o *options) { o.Turns = true } }

// WithPublisher has every event of the node be published to p too. Events are
// published while none of the node's own locks is held.
func WithPublisher(p events.Publisher) Option { return func(o *options) { o.publisher = p } }
