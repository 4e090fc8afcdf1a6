package engine

import (
	"maps"
	"slices"
)

// WaitingCall is a call that waits.
type WaitingCall struct {
	Name  string
	Ready bool // what it waited for has come: it could go on
}

var callRows = []row{
	around("calls.list", func(c *call, _ None) (any, error) {
		list := []WaitingCall{}
		if s := c.node.turns; s != nil {
			for _, name := range slices.Sorted(maps.Keys(s.waiting)) {
				list = append(list, WaitingCall{name, s.waiting[name].ready()})
			}
		}
		return list, nil
	}),
	around("calls.resume", func(c *call, a Named) (any, error) { return c.node.turns.resume(a.Name) }),
	around("calls.cancel", func(c *call, a Named) (any, error) {
		t, err := c.node.turns.get(a.Name)
		if err == nil {
			t.cancel()
		}
		return nil, err
	}),
	around("calls.abandon", func(c *call, a Named) (any, error) {
		t, err := c.node.turns.get(a.Name)
		if err == nil {
			c.node.turns.abandon(t)
			delete(c.node.turns.waiting, a.Name)
		}
		return nil, err
	}),
}
