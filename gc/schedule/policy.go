package schedule

import "time"

// A Policy decides when to collect. Its owner calls it from one goroutine at a
// time, with times that never go back.
type Policy interface {
	// Mutation tells of a transaction that changed the database at now. It may
	// come while a collection runs.
	Mutation(now time.Time, c Change)

	// Trigger asks for a collection: somebody waits for one that begins no
	// earlier than now. It may come while a collection runs, which is then not
	// the one.
	Trigger(now time.Time)

	// Next is when to call Begin; false when nothing is scheduled, until something
	// happens. It may be in the past: then at once. While a collection runs it
	// is false.
	Next() (at time.Time, ok bool)

	// Begin reports whether to begin a collection at now. False means not now: it
	// is too early, or the policy looked and found no need; Next is then the next
	// time to ask. After true, End must be called before the next Begin.
	Begin(now time.Time) bool

	// End tells that the collection begun last has ended, clean-up of backends
	// included.
	End(now time.Time, r Result)

	// Clone returns an independent policy in the same state.
	Clone() Policy

	// String describes the policy and its state: what tells two policies apart
	// tells their strings apart.
	String() string
}

// A Change is a committed transaction.
type Change struct {
	// Dirty says that something was deleted since the last collection, as
	// containerd counts: after one deletion every transaction is dirty until a
	// collection ends.
	Dirty bool

	// Used is how many bytes are stored after it; 0 when not known.
	Used int64
}

// A Result is how a collection went.
type Result struct {
	// Lock is for how long the collection kept writers waiting, which is less
	// than it took. It does not count when the collection failed.
	Lock time.Duration

	// Used is how many bytes are stored after it; 0 when not known.
	Used int64

	Failed bool
}
