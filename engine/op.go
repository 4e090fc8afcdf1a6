package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// The types of package op in the methods of an [Engine].
type (
	// An Op is one call to a node, as a value.
	Op = op.Op
	// A Header is the context of a call.
	Header = op.Header
	// A Result is the outcome of a call.
	Result = op.Result
	// A Collection is the result of a collection.
	Collection = op.Collection
	// An Event is an event that the stores of a node published.
	Event = op.Event
	// A Fault is an injected fault.
	Fault = op.Fault
	// A Script is the fixed answer of a scripted Collector.
	Script = op.Script
)

// ErrDown is returned by every call to a dead daemon. Its class is Unavailable.
var ErrDown = op.ErrDown

var errInvalid = errdefs.ErrInvalidArgument

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errInvalid)...)
}

// An implementation is the code of an Op that calls no store.
type implementation func(c *call, args any) (any, error)

// implementations has the code of all these Ops.
var implementations map[op.Name]implementation

func init() {
	implementations = map[op.Name]implementation{}
	for _, list := range []map[op.Name]implementation{
		transactionOps(), collectOps(), queryOps(), environmentOps(), callOps(),
	} {
		for name, i := range list {
			implementations[name] = i
		}
	}
}

// implement checks the type of the arguments before it calls fn.
func implement[A any](fn func(c *call, args A) (any, error)) implementation {
	return func(c *call, args any) (any, error) {
		a, err := op.ArgsAs[A](c.row.Name, args)
		if err != nil {
			return nil, err
		}
		return fn(c, a)
	}
}

// returned drops the value of a failed call.
func returned[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

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

func callOps() map[op.Name]implementation {
	return map[op.Name]implementation{
		op.CallsList: implement(func(c *call, _ op.None) (any, error) {
			list := []op.WaitingCall{}
			if s := c.node.turns; s != nil {
				for _, name := range slices.Sorted(maps.Keys(s.waiting)) {
					list = append(list, op.WaitingCall{Name: name, Ready: s.waiting[name].ready()})
				}
			}
			return list, nil
		}),
		op.CallsResume: implement(func(c *call, a op.Named) (any, error) { return c.node.turns.resume(a.Name) }),
		op.CallsCancel: implement(func(c *call, a op.Named) (any, error) {
			t, err := c.node.turns.get(a.Name)
			if err == nil {
				t.cancel()
			}
			return nil, err
		}),
		op.CallsAbandon: implement(func(c *call, a op.Named) (any, error) {
			t, err := c.node.turns.get(a.Name)
			if err == nil {
				c.node.turns.abandon(t)
				delete(c.node.turns.waiting, a.Name)
			}
			return nil, err
		}),
	}
}
