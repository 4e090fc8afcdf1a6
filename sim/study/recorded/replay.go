package recorded

import (
	"context"
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A Prediction has the collections of a simulated daemon under the load of a trace.
type Prediction struct {
	Node        *engine.Engine  // at the end
	Collections []time.Time     // start of each collection
	Failed      map[op.Code]int // failed Ops, by code
}

// Replay runs the load of a trace on a simulated daemon with containerd's schedule. Each collection blocks writers for
// the given time. The node must have the trace's initial state and no schedule: the result of engine.Open with
// engine.WithStart(*t.Setup.Start). If it is nil, Replay creates one with Trace.Before. Failures of Ops are no error,
// but failures of collections are.
func Replay(t *Trace, node *engine.Engine, settings schedule.Settings, pause time.Duration) (*Prediction, error) {
	ops := []engine.Op(nil)
	if node == nil {
		setup := t.Setup
		setup.Holdfast, setup.Unscheduled = op.Version, true
		options, err := setup.Options()
		if err == nil {
			node, err = engine.New(options...)
		}
		if err != nil {
			return nil, err
		}
		ops = t.Before
	}
	p := &Prediction{Node: node, Failed: map[op.Code]int{}}
	daemon := compare.NewDaemon(node, newObserved(settings, node.Clock().Now(), t), compare.DaemonOptions{
		Pause: func(int) time.Duration { return pause },
		Collected: func(engine.Collection, time.Duration) error {
			p.Collections = append(p.Collections, node.Clock().Now())
			return nil
		},
	})
	apply := func(o engine.Op) {
		if o.Name == op.ScheduleTrigger {
			daemon.Trigger()
			return
		}
		if r := node.Apply(context.Background(), o); r.Code != op.OK {
			p.Failed[r.Code]++
		}
	}
	for _, op := range ops {
		apply(op)
	}
	for _, s := range t.Steps {
		if err := daemon.Pass(s.At); err != nil {
			return p, fmt.Errorf("line %d: %w", s.Line, err)
		}
		apply(s.Op)
	}
	return p, daemon.Pass(t.End)
}
