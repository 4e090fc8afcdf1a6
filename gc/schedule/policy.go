package schedule

import "time"

// A Policy decides when to collect. Its owner calls it from one goroutine at a time, with times that never decrease.
type Policy interface {
	// Mutation reports a transaction that changed the database at now. It may come during a collection.
	Mutation(now time.Time, c Change)

	// Trigger requests a collection that begins no earlier than now. During a collection it requests another one.
	Trigger(now time.Time)

	// Next returns the time at which to call Begin. The time may be in the past: call Begin immediately. The second
	// result is false if nothing is scheduled before the next event, and during a collection.
	Next() (at time.Time, ok bool)

	// Begin reports whether to begin a collection at now. If it is too early, or the policy finds no need to collect,
	// it returns false, and Next has the next time to ask. After true, call End before the next Begin.
	Begin(now time.Time) bool

	// End reports the end of the running collection, including the clean-up of backends.
	End(now time.Time, r Result)

	// Clone returns an independent policy in the same state.
	Clone() Policy

	// String describes the policy and its state. Policies in different states have different strings.
	String() string
}

// A Change is a committed transaction.
type Change struct {
	// Dirty is true if an object was deleted since the last collection. As in containerd, every transaction after a
	// deletion is dirty until a collection ends.
	Dirty bool

	// Used is the number of stored bytes after the transaction; 0 if unknown.
	Used int64
}

// A Result describes a collection that ended.
type Result struct {
	// Lock is the time for which the collection blocked writers. Collections take longer than that. A failed
	// collection's Lock is ignored.
	Lock time.Duration

	// Used is the number of stored bytes after the collection; 0 if unknown.
	Used int64

	Failed bool
}
