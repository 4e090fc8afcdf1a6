package examine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// Contents is one part of an accounting with the objects in it.
type Contents struct {
	Part

	// Holders are the holders that keep the part, the largest first. There are none for garbage, if Many is set (then
	// they are too many to be listed), and if Unheld is set: then a lost record may keep the part.
	Holders []*Holder
	Many    bool
	Unheld  bool

	// Nodes are the objects, the largest first, then by name. Sizes are their own bytes, in the same order: 0 for
	// objects without bytes, -1 for a snapshot of unknown size. A blob that several namespaces have is listed in each
	// of them, so that the sum of Sizes can exceed Bytes.
	Nodes []string
	Sizes []int64
}

// Contents returns all parts of the accounting with their objects, the largest part first. The parts are disjoint and
// have every object of the database. The error is of class [ErrFails].
func (d *Database) Contents() ([]Contents, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	a := d.attribute(g, false)
	type place struct {
		set    uint32
		unheld bool
	}
	nodes := map[place][]string{}
	for id := range gc.ID(g.Len()) {
		if g.Exists(id) {
			in := a.Sets()[a.Set(id)]
			at := place{a.Set(id), len(in.Holders) == 0 && !in.Many && d.lacks(g.Node(id).Namespace)}
			nodes[at] = append(nodes[at], metadata.NodeName(g.Node(id)))
		}
	}
	var list []Contents
	for _, p := range a.parts {
		c := Contents{Part: p.Part, Many: p.many, Unheld: p.unheld, Nodes: nodes[place{p.set, p.unheld}]}
		for _, n := range p.holders {
			c.Holders = append(c.Holders, &a.holders[n])
		}
		slices.SortStableFunc(c.Holders, func(x, y *Holder) int {
			return cmp.Or(cmp.Compare(y.RetainedBytes, x.RetainedBytes), strings.Compare(x.Holder, y.Holder))
		})
		c.Nodes, c.Sizes = d.bySize(c.Nodes)
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(x, y Contents) int {
		return cmp.Or(cmp.Compare(y.Bytes, x.Bytes), cmp.Compare(y.Objects, x.Objects))
	})
	return list, nil
}

// bySize sorts nodes by their own bytes, the largest first, then by name.
func (d *Database) bySize(nodes []string) ([]string, []int64) {
	sizes := d.ownSizes(nodes)
	order := make([]int, len(nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(sizes[b], sizes[a]), strings.Compare(nodes[a], nodes[b]))
	})
	sortedNodes, sortedSizes := make([]string, len(nodes)), make([]int64, len(nodes))
	for i, at := range order {
		sortedNodes[i], sortedSizes[i] = nodes[at], sizes[at]
	}
	return sortedNodes, sortedSizes
}
