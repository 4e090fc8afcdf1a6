package engine

import (
	"github.com/holdfast-gc/holdfast/engine/op"
)

func collectOps() map[op.Name]implementation {
	return map[op.Name]implementation{
		op.Collect: implement(func(c *call, _ op.None) (any, error) {
			done, err := c.node.Collect(c.ctx)
			if err != nil && done.Removed == nil {
				return nil, err
			}
			return done, err
		}),
		op.ScheduleRun: implement(func(c *call, _ op.None) (any, error) {
			done, ran, err := c.node.RunDue(c.ctx)
			return op.ScheduleRunResult{Ran: ran, Collection: done}, err
		}),
		op.SchedulePass: implement(func(c *call, a op.SchedulePassArgs) (any, error) {
			if a.By < 0 {
				return nil, invalid("time can't pass by %s", a.By)
			}
			n, err := c.node.Pass(c.ctx, a.By)
			return op.SchedulePassResult{Collections: int64(n)}, err
		}),
		op.ScheduleTrigger: implement(func(c *call, _ op.None) (any, error) {
			c.node.Trigger()
			return nil, nil
		}),
		op.ScheduleState: implement(func(c *call, _ op.None) (any, error) {
			s := op.ScheduleStateResult{Policy: c.node.schedule()}
			if at, ok := c.node.Due(); ok {
				s.Due = &at
			}
			return s, nil
		}),
	}
}
