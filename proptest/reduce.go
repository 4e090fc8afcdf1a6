package proptest

import (
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

// reduce makes the counterexample short: no Op can be left out of it.
func (c *checking) reduce() *Failure {
	law, budget := c.Law, c.tries
	best, how := c.history, c.found
	fails := func(setup engine.Setup) func(ops []engine.Op) bool {
		return func(ops []engine.Op) bool {
			budget--
			h := generate.History{Setup: setup, Ops: ops}
			b := c.trial.try(law, h)
			if b == nil || b.law != how.law || b.rule != how.rule {
				return false
			}
			best, how = h, b
			return true
		}
	}
	stop := func() bool { return budget < 0 }
	for before := -1; before != size(best) && !stop(); {
		before = size(best)
		fails(best.Setup)(nil)
		for _, simpler := range simplerSetups(best.Setup) {
			fails(simpler)(best.Ops)
		}
		shrink.Trace(best.Ops, fails(best.Setup), stop)
		if named := inFirstNamespaces(best.Ops); !slices.Equal(spacesOf(named), spacesOf(best.Ops)) {
			fails(best.Setup)(named)
		}
		withoutPairs(best.Ops, fails(best.Setup), stop, &best)
	}
	return &Failure{
		Law: how.law, Check: law.Name, Rule: how.rule, Detail: how.detail,
		Setup: best.Setup, Ops: best.Ops, Drawn: len(c.history.Ops), Seed: c.seed,
	}
}

// size is how much there is of a history: what reduction makes less.
func size(h generate.History) (n int) {
	for _, op := range h.Ops {
		n += len(op.String())
	}
	return n
}

// simplerSetups are setups with one thing less.
func simplerSetups(s engine.Setup) (all []engine.Setup) {
	if s.Isolated {
		simpler := s
		simpler.Isolated = false
		all = append(all, simpler)
	}
	if s.Rules != "" {
		simpler := s
		simpler.Rules = ""
		all = append(all, simpler)
	}
	if s.Turns {
		simpler := s
		simpler.Turns = false
		all = append(all, simpler)
	}
	return all
}

// pairsMax is how long a history may be for all pairs of its Ops to be tried.
const pairsMax = 24

// withoutPairs leaves out two Ops at a time, which alone are both needed: one that opens and one that closes.
func withoutPairs(ops []engine.Op, fails func([]engine.Op) bool, stop func() bool, best *generate.History) {
	if len(ops) > pairsMax {
		return
	}
	for i := 0; i < len(ops); i++ {
		for j := i + 1; j < len(ops) && !stop(); j++ {
			without := slices.Delete(slices.Delete(slices.Clone(ops), j, j+1), i, i+1)
			if fails(without) {
				ops, i, j = best.Ops, 0, 0
			}
		}
	}
}

// inFirstNamespaces are Ops with their namespaces called a, b and so on, as they come.
func inFirstNamespaces(ops []engine.Op) []engine.Op {
	names := map[string]string{"": ""}
	name := func(old string) string {
		if _, known := names[old]; !known {
			names[old] = string(rune('a' + len(names) - 1))
		}
		return names[old]
	}
	ops = slices.Clone(ops)
	for i, op := range ops {
		ops[i].NS = name(op.NS)
		switch a := op.Args.(type) {
		case engine.NamespaceCreate:
			a.Name = name(a.Name)
			ops[i].Args = a
		case engine.Named:
			if op.Name == "namespaces.delete" {
				ops[i].Args = engine.Named{Name: name(a.Name)}
			}
		}
	}
	return ops
}
