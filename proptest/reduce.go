package proptest

import (
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// A reducer shortens a history that breaks a law, as long as it breaks the law in the same way.
//
// Invariant: best breaks the law as how says.
type reducer struct {
	trial *trial
	law   Law
	how   *violation
	best  generate.History
	tries int // remaining
}

// reduce shortens the history until no Op and, in short histories, no two Ops can be removed.
func (r *reducer) reduce() {
	for before := -1; before != size(r.best.Ops) && !r.stop(); {
		before = size(r.best.Ops)
		r.fails(nil)
		r.simplerSetups()
		shrink.Trace(r.best.Ops, r.fails, r.stop)
		if named := shortNames(r.best.Ops); size(named) <= size(r.best.Ops) {
			r.fails(named)
		}
		r.withoutPairs()
	}
}

func (r *reducer) stop() bool { return r.tries < 0 }

// fails keeps the Ops if they break the law in the same way.
func (r *reducer) fails(ops []engine.Op) bool {
	return r.try(generate.History{Setup: r.best.Setup, Ops: ops})
}

func (r *reducer) try(h generate.History) bool {
	r.tries--
	b := r.trial.try(r.law, h)
	if b == nil || b.law != r.how.law || b.rule != r.how.rule {
		return false
	}
	r.best, r.how = h, b
	return true
}

// simplerSetups resets settings of the node to their defaults.
func (r *reducer) simplerSetups() {
	for _, simplify := range []func(*engine.Setup){
		func(s *engine.Setup) { s.Isolated = false },
		func(s *engine.Setup) { s.Rules = "" },
		func(s *engine.Setup) { s.Turns = false },
		func(s *engine.Setup) { s.Seed = 0 },
	} {
		h := r.best
		simplify(&h.Setup)
		r.try(h)
	}
}

// pairsMax is the length of a history up to which all pairs of Ops are tried.
const pairsMax = 24

// withoutPairs removes two Ops at a time that need each other, for example the opening and the closing of a writer.
func (r *reducer) withoutPairs() {
	if len(r.best.Ops) > pairsMax {
		return
	}
	for i := 0; i < len(r.best.Ops); i++ {
		for j := i + 1; j < len(r.best.Ops) && !r.stop(); j++ {
			if r.fails(slices.Delete(slices.Delete(slices.Clone(r.best.Ops), j, j+1), i, i+1)) {
				i, j = 0, 0
			}
		}
	}
}

// size is the measure that the reduction makes smaller.
func size(ops []engine.Op) (n int) {
	for _, op := range ops {
		n += len(op.String())
	}
	return n
}
