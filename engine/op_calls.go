package engine

import (
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine/op"
)

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
