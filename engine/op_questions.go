package engine

import "strings"

// Arguments of the Ops that ask questions.
type (
	// PlanFor asks what a collection would remove if those nodes were deleted first.
	PlanFor struct{ Deleted []string }
	// WhyNode asks what keeps a node.
	WhyNode struct {
		Node  string
		Limit uint32
	}
	// Limited asks for so many of something.
	Limited struct{ Limit uint32 }
	// Compared asks what is different about a fork; "" is the node itself.
	Compared struct{ With string }
	// Located asks for what is stored at and below a path.
	Located struct{ Path string }
)

var questionRows = []row{
	around("plan", func(c *call, a PlanFor) (any, error) { return returned(c.node.Plan(a.Deleted...)) }),
	around("why", func(c *call, a WhyNode) (any, error) { return returned(c.node.Why(a.Node, limit(a.Limit))) }),
	around("top", func(c *call, a Limited) (any, error) { return returned(c.node.Top(limit(a.Limit))) }),
	around("fsck", func(c *call, _ None) (any, error) { return returned(c.node.Fsck()) }),
	around("inspect", func(c *call, a Located) (any, error) { return returned(c.node.Inspect(a.Path)) }),
	around("diff", func(c *call, a Compared) (any, error) {
		other, err := c.root.fork(a.With)
		if err != nil {
			return nil, err
		}
		return returned(c.node.Diff(other))
	}),
	around("dump", func(c *call, _ None) (any, error) {
		var text strings.Builder
		err := c.node.Dump(&text)
		return returned(text.String(), err)
	}),
	around("hash", func(c *call, _ None) (any, error) { return c.node.Hash().String(), nil }),
	around("expiry", func(c *call, _ None) (any, error) {
		if at, ok := c.node.NextExpiry(); ok {
			return at, nil
		}
		return nil, nil
	}),
	around("events", func(c *call, _ None) (any, error) {
		defer c.node.ForgetEvents()
		return c.node.Events(), nil
	}),
}

// limitMax bounds what is listed, so that an answer stays in proportion.
const limitMax = 10_000

func limit(n uint32) int { return int(min(n, limitMax)) }
