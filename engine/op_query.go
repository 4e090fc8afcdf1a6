package engine

import (
	"strings"

	"github.com/holdfast-gc/holdfast/engine/op"
)

func queryOps() map[op.Name]implementation {
	return map[op.Name]implementation{
		op.Plan:    implement(func(c *call, a op.PlanArgs) (any, error) { return returned(c.node.Plan(a.Deleted...)) }),
		op.Why:     implement(func(c *call, a op.WhyArgs) (any, error) { return returned(c.node.Why(a.Node, limit(a.Limit))) }),
		op.Top:     implement(func(c *call, a op.TopArgs) (any, error) { return returned(c.node.Top(limit(a.Limit))) }),
		op.Fsck:    implement(func(c *call, _ op.None) (any, error) { return returned(c.node.Fsck()) }),
		op.Inspect: implement(func(c *call, a op.InspectArgs) (any, error) { return returned(c.node.Inspect(a.Path)) }),
		op.Diff: implement(func(c *call, a op.DiffArgs) (any, error) {
			other, err := c.root.fork(a.With)
			if err != nil {
				return nil, err
			}
			return returned(c.node.Diff(other))
		}),
		op.Dump: implement(func(c *call, _ op.None) (any, error) {
			var text strings.Builder
			err := c.node.Dump(&text)
			return returned(text.String(), err)
		}),
		op.Hash: implement(func(c *call, _ op.None) (any, error) { return c.node.Hash().String(), nil }),
		op.Expiry: implement(func(c *call, _ op.None) (any, error) {
			if at, ok := c.node.NextExpiry(); ok {
				return at, nil
			}
			return nil, nil
		}),
		op.Events: implement(func(c *call, _ op.None) (any, error) {
			defer c.node.ForgetEvents()
			return c.node.Events(), nil
		}),
	}
}

// limitMax limits lists in results.
const limitMax = 10_000

func limit(n uint32) int { return int(min(n, limitMax)) }
