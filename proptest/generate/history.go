package generate

import (
	"fmt"
	"slices"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"

	"github.com/holdfast-gc/holdfast/engine"
)

// A History is how a node is made, and the calls that are then made to it.
type History struct {
	Setup engine.Setup
	Ops   []engine.Op
}

// String says how long the history is; its Ops print themselves.
func (h History) String() string { return fmt.Sprintf("%d Ops", len(h.Ops)) }

// NewSetup returns how a node is made if nothing else is drawn.
func NewSetup() engine.Setup {
	return engine.Setup{Holdfast: engine.OpVersion, Snapshotters: Snapshotters, Unscheduled: true}
}

// NewModel draws how a node is made, and which kinds of Ops of some sorts the history has: some it leaves out, so that
// what is rare among all is frequent among few.
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

// History draws a history whose length goes with the size.
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

// Histories generates histories of some sorts; they shrink to shorter ones.
func Histories(sorts Sort) gopter.Gen {
	return HistoriesOf(func(c Chance) History { return c.History(sorts) })
}

// HistoriesOf generates what a function draws; it shrinks to shorter histories.
func HistoriesOf(draw func(Chance) History) gopter.Gen { return Of(draw, nil).WithShrinker(Shrinker) }

// Shrinker shrinks a History: it leaves Ops out.
func Shrinker(v any) gopter.Shrink {
	h := v.(History)
	return gen.SliceShrinker(gopter.NoShrinker)(slices.Clip(h.Ops)).Map(func(ops []engine.Op) History {
		return History{Setup: h.Setup, Ops: ops}
	})
}

// Ops generates single Ops of some sorts; they shrink by losing the circumstances in which they are made.
func Ops(sorts Sort) gopter.Gen {
	return Of(func(c Chance) engine.Op { return c.NewModel(sorts).Next(c).Op }, simpler)
}

// ShrinkOp shrinks an Op, as Ops does.
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
