package engine

import (
	"time"
)

// Arguments and values of the Ops on collections and the schedule.
type (
	// ScheduledRun is what a look at the schedule came to.
	ScheduledRun struct {
		Ran bool
		Collection
	}
	// ScheduleState is when the schedule wants to collect next, and all there is to
	// know about it.
	ScheduleState struct {
		Due    *time.Time // nil for not at all
		Policy string
	}
	// Passing lets time pass.
	Passing struct{ By time.Duration }
	// Passed is how many collections ran while time passed.
	Passed struct{ Collections int64 }
)

var collectRows = []row{
	alone("collect", func(c *call, _ None) (any, error) {
		done, err := c.node.Collect(c.ctx)
		if err != nil && done.Removed == nil {
			return nil, err
		}
		return done, err
	}),
	alone("schedule.run", func(c *call, _ None) (any, error) {
		done, ran, err := c.node.RunDue(c.ctx)
		return ScheduledRun{ran, done}, err
	}),
	alone("schedule.pass", func(c *call, a Passing) (any, error) {
		if a.By < 0 {
			return nil, invalid("time can't pass by %s", a.By)
		}
		n, err := c.node.Pass(c.ctx, a.By)
		return Passed{int64(n)}, err
	}),
	reads("schedule.trigger", func(c *call, _ None) (any, error) {
		c.node.Trigger()
		return nil, nil
	}),
	around("schedule.state", func(c *call, _ None) (any, error) {
		s := ScheduleState{Policy: c.node.schedule()}
		if at, ok := c.node.Due(); ok {
			s.Due = &at
		}
		return s, nil
	}),
}
