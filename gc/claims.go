package gc

import (
	"cmp"
	"slices"
)

// A claims list says which vertices are roots, in the order they were claimed,
// each as often as there are reasons.
type claims struct {
	ids     []ID     // as the Builder numbers them, then vertices
	reasons []Reason // one for each, or none at all
}

func (c *claims) add(id ID, reason Reason, explain bool) {
	c.ids = append(c.ids, id)
	if explain {
		c.reasons = append(c.reasons, reason)
	}
}

// A Root is an object that stays by itself.
type Root struct {
	ID      ID
	Flat    bool     // only its flat visit does
	Reasons []Reason // sorted; empty unless the Builder was to explain

	vertex uint32
}

// sorted gathers the claims of each vertex: node order, full before flat.
func (c *claims) sorted(g *Graph) []Root {
	order := make([]int, len(c.ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		va, vb := uint32(c.ids[a]), uint32(c.ids[b])
		if d := g.compareVertices(va, vb); d != 0 {
			return d
		}
		return cmp.Compare(a, b)
	})
	var roots []Root
	for i, at := range order {
		v := uint32(c.ids[at])
		if i == 0 || v != uint32(c.ids[order[i-1]]) {
			roots = append(roots, Root{ID: g.object(v), Flat: g.isFlat(v), vertex: v})
		}
		if c.reasons != nil {
			r := &roots[len(roots)-1]
			r.Reasons = append(r.Reasons, c.reasons[at])
		}
	}
	for i := range roots {
		slices.SortFunc(roots[i].Reasons, compareReasons)
		roots[i].Reasons = slices.Compact(roots[i].Reasons)
	}
	return roots
}

// of are the reasons of one vertex, sorted.
func (c *claims) of(v uint32) []Reason {
	var list []Reason
	for i, r := range c.reasons {
		if uint32(c.ids[i]) == v {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, compareReasons)
	return slices.Compact(list)
}
