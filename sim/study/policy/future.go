package policy

import (
	"slices"
	"time"
)

// A Future knows what is going to be used.
type Future interface {
	// NextUse is when a candidate is used next, at after or later; false if never
	// again.
	NextUse(id string, after time.Time) (at time.Time, ok bool)
}

// Uses is a [Future] written down: for each ID when it is used, ascending.
type Uses map[string][]time.Time

// NextUse implements [Future].
func (u Uses) NextUse(id string, after time.Time) (time.Time, bool) {
	times := u[id]
	at, _ := slices.BinarySearchFunc(times, after, time.Time.Compare)
	if at == len(times) {
		return time.Time{}, false
	}
	return times[at], true
}
