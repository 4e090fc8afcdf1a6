package generate

import (
	"fmt"
	"slices"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A History is the setup of a node, and the Ops that are applied to it.
type History struct {
	Setup engine.Setup
	Ops   []engine.Op
}

// String returns the number of Ops.
func (h History) String() string { return fmt.Sprintf("%d Ops", len(h.Ops)) }

// NewSetup returns the default setup of a node.
func NewSetup() engine.Setup {
	return engine.Setup{Holdfast: op.Version, Snapshotters: Snapshotters, Unscheduled: true}
}

// NewModel draws the setup of a node and the kinds of Ops in the history. It leaves out some kinds, so that rare kinds
// are frequent in some histories.
func (c Chance) NewModel(sorts Sort) Model {
	m := Model{sorts: sorts, now: Start, Setup: NewSetup(), spaces: Pick(c, Namespaces[:1], Namespaces[:2], Namespaces)}
	m.Setup.Turns = sorts&Turn != 0
	if sorts&Isolate != 0 && c.OneIn(4) {
		m.Setup.Isolated = true
	}
	if sorts&Version != 0 && c.OneIn(2) {
		m.Setup.Rules = Pick(c, "1.6", "1.7", "2.0", "2.1", "2.2", "2.3")
	}
	sparse := c.OneIn(2)
	for _, r := range rows {
		if r.sort&sorts != 0 && (r.sort&(Collect|Crash|Turn) != 0 || !sparse || !c.OneIn(3)) {
			m.rows = append(m.rows, r)
		}
	}
	if len(m.rows) == 0 {
		m.rows = rows[:1]
	}
	return m
}

// History draws a history. Its length grows with the size.
func (c Chance) History(sorts Sort) History {
	m := c.NewModel(sorts)
	h := History{Setup: m.Setup}
	for range c.Size() {
		step := m.Next(c)
		m = m.After(step)
		h.Ops = append(h.Ops, step.Op)
	}
	return h
}

// Histories generates histories of these sorts. They shrink to shorter histories.
func Histories(sorts Sort) gopter.Gen {
	return HistoriesOf(func(c Chance) History { return c.History(sorts) })
}

// HistoriesOf generates the histories that draw returns. They shrink to shorter histories.
func HistoriesOf(draw func(Chance) History) gopter.Gen { return Of(draw, nil).WithShrinker(Shrinker) }

// Shrinker shrinks a History by removing Ops.
func Shrinker(v any) gopter.Shrink {
	h := v.(History)
	return gen.SliceShrinker(gopter.NoShrinker)(slices.Clip(h.Ops)).Map(func(ops []engine.Op) History {
		return History{Setup: h.Setup, Ops: ops}
	})
}

// Ops generates single Ops of these sorts. They shrink by losing their lease and their cancellation.
func Ops(sorts Sort) gopter.Gen {
	return Of(func(c Chance) engine.Op { return c.NewModel(sorts).Next(c).Op }, simpler)
}

// ShrinkOp shrinks an Op as Ops does.
func ShrinkOp(op engine.Op) gopter.Shrink { return shrinks(simpler(op)) }

func simpler(op engine.Op) (all []engine.Op) {
	if op.Lease != nil {
		without := op
		without.Lease = nil
		all = append(all, without)
	}
	if op.Canceled {
		without := op
		without.Canceled = false
		all = append(all, without)
	}
	return all
}
