package shrink

import (
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
)

// Trace returns a shorter trace for which fails returns true, or trace itself if it finds none. fails must be true for
// trace and must not keep its argument. Trace ends early with the best result so far when stop returns true; stop may
// be nil.
func Trace(trace []engine.Op, fails func([]engine.Op) bool, stop func() bool) []engine.Op {
	if stop == nil {
		stop = func() bool { return false }
	}
	s := &shrinker{best: trace, fails: fails, stop: stop}
	for before := -1; before != len(s.best) && !stop(); {
		before = len(s.best)
		s.leaveOut()
	}
	s.fields()
	s.leaveOut()
	s.names()
	return s.best
}

// A shrinker searches for shorter failing traces.
type shrinker struct {
	best  []engine.Op // the shortest failing trace so far
	fails func([]engine.Op) bool
	stop  func() bool
}

// try keeps a candidate if it fails.
func (s *shrinker) try(candidate []engine.Op) bool {
	if s.stop() || !s.fails(candidate) {
		return false
	}
	s.best = candidate
	return true
}

// leaveOut removes parts of the trace, large ones first, from the end: delta debugging. The cause of a failure is often
// near the end, so late parts are tried first.
func (s *shrinker) leaveOut() {
	for size := len(s.best) / 2; size > 0; size /= 2 {
		for end := len(s.best); end > 0 && !s.stop(); {
			start := max(end-size, 0)
			candidate := slices.Concat(s.best[:start], s.best[end:])
			s.try(candidate)
			end = start
		}
	}
}
