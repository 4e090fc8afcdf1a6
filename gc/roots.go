package gc

import (
	"cmp"
	"slices"
)

// rootClaims records roots in the order of the calls, with one entry for each reason.
type rootClaims struct {
	ids     []ID     // numbered by the Builder, then by the Graph
	reasons []Reason // one for each ID, or none
}

func (c *rootClaims) add(id ID, reason Reason, explain bool) {
	c.ids = append(c.ids, id)
	if explain {
		c.reasons = append(c.reasons, reason)
	}
}

// A Root is an object that stays by itself.
type Root struct {
	ID      ID
	Flat    bool     // only its flat visit is a root
	Reasons []Reason // sorted; empty without [Explain]

	vertex uint32
}

// sorted returns one Root for each vertex, in node order, full visits before flat ones.
func (c *rootClaims) sorted(g *Graph) []Root {
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

// of returns the sorted reasons of one vertex.
func (c *rootClaims) of(v uint32) []Reason {
	var list []Reason
	for i, r := range c.reasons {
		if uint32(c.ids[i]) == v {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, compareReasons)
	return slices.Compact(list)
}
