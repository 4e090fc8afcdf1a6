package generate

import (
	"github.com/leanovate/gopter"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim"
)

// Clients draws a history of simulated clients on a node with faults, crashes and everything else. Package sim runs the
// clients on its own node; the history is that run's trace, without Ops on forks.
func (c Chance) Clients() (h History) {
	defer func() { _ = recover() }() // a broken node may panic: then the history leads up to the panic
	steps := stepsOfClients * c.Size()
	run := sim.Begin(sim.Config{Seed: uint64(c.IntN(1 << 30)), Ops: steps, Traced: func(o engine.Op) {
		if o.Fork == "" && o.Name != op.NodeFork && o.Name != op.NodeDrop {
			h.Ops = append(h.Ops, o)
		}
	}})
	h.Setup = run.Setup()
	for run.Progress().Steps < steps && !run.Step(1) {
	}
	run.Outcome() // ends the run without its closing
	return h
}

// stepsOfClients is the number of a client history's steps for each Op of another history. Most steps of clients only
// read.
const stepsOfClients = 8

// ClientHistories generates histories of simulated clients. They shrink to shorter histories.
func ClientHistories() gopter.Gen { return HistoriesOf(Chance.Clients) }
