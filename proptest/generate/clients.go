package generate

import (
	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
)

// Clients draws what simulated clients do, several at once, to a node on which everything can happen: package sim has them
// do it to one of its own, and this is what it wrote down, but for what they did to forks.
func (c Chance) Clients() (h History) {
	defer func() { _ = recover() }() // a node that is broken may panic: then this is what led to it
	steps := stepsOfClients * c.Size()
	run := sim.Begin(sim.Config{Seed: uint64(c.IntN(1 << 30)), Ops: steps, Traced: func(op engine.Op) {
		if op.Fork == "" && op.Name != "node.fork" && op.Name != "node.drop" {
			h.Ops = append(h.Ops, op)
		}
	}})
	h.Setup = run.Setup()
	for run.Progress().Steps < steps && !run.Step(1) {
	}
	run.Outcome() // ends it without its closing
	return h
}

// stepsOfClients is how many steps there are of a history of clients for each of another: most of what they do they only
// look at.
const stepsOfClients = 8

// ClientHistories generates what simulated clients do; it shrinks to less.
func ClientHistories() gopter.Gen { return HistoriesOf(Chance.Clients) }
