package shrink

import (
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
)

// Trace returns a shorter trace for which fails holds, or trace if it finds none. Stop, which may be nil, is asked
// whether to be content with what was found.
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

type shrinker struct {
	best  []engine.Op
	fails func([]engine.Op) bool
	stop  func() bool
}

// try keeps a candidate that fails.
func (s *shrinker) try(candidate []engine.Op) bool {
	if s.stop() || !s.fails(candidate) {
		return false
	}
	s.best = candidate
	return true
}

// leaveOut leaves out parts of the trace, large ones first: delta debugging, from the end, since what matters is
// more often there.
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
