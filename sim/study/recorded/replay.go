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

// A Prediction is what a simulated daemon did under the load of a trace.
type Prediction struct {
	Node        *engine.Engine  // at the end
	Collections []time.Time     // when it collected
	Failed      map[op.Code]int // Ops whose calls failed, by code
}

// Replay runs the load of a trace on a simulated daemon whose schedule is containerd's, each of whose collections keeps
// writers waiting for a time. The node must have the trace's state at the start, and no schedule of its own: as
// engine.Open makes it of the database, with engine.WithStart(*t.Setup.Start). If it is nil, one is made by Trace.Before.
// What Ops come to is no error, but what collections do is.
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
	daemon := compare.NewDaemon(node, schedule.NewContainerd(settings, node.Clock().Now()), compare.DaemonOptions{
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
