package gc

// A Plan is what a collection does, whether it is carried out or only shown.
type Plan struct {
	// Removed are the objects to remove, in node order. What a what-if deleted
	// is not among them.
	Removed []ID

	// RemovedCount and KeptCount are numbers of objects by type; types without
	// any are left out.
	RemovedCount, KeptCount map[ResourceType]int

	// RemovedBytes and KeptBytes are what goes and what stays: the objects' own
	// bytes, and shared bytes once each. What a what-if deleted counts as going.
	RemovedBytes, KeptBytes int64

	marks *Marks
}

// MakePlan marks the graph and lists what nothing keeps.
func MakePlan(g *Graph, w WhatIf) *Plan {
	m := Mark(g, w)
	p := &Plan{
		RemovedCount: make(map[ResourceType]int),
		KeptCount:    make(map[ResourceType]int),
		marks:        m,
	}
	// Counts by group first: a map entry for each object would take longer than
	// marking.
	removed := make([]int, len(g.table.groups))
	kept := make([]int, len(g.table.groups))
	for id := range ID(g.Len()) {
		switch {
		case !m.Exists(id):
		case m.Reached(id):
			kept[g.table.groupOf[id]]++
		default:
			removed[g.table.groupOf[id]]++
			p.Removed = append(p.Removed, id)
		}
	}
	g.sortIDs(p.Removed)
	for i, group := range g.table.groups {
		if removed[i] > 0 {
			p.RemovedCount[group.kind] += removed[i]
		}
		if kept[i] > 0 {
			p.KeptCount[group.kind] += kept[i]
		}
	}
	for v, w := range g.weights {
		if m.stays(uint32(v)) {
			p.KeptBytes = addBytes(p.KeptBytes, w)
		} else {
			p.RemovedBytes = addBytes(p.RemovedBytes, w)
		}
	}
	return p
}

// Marks are those the plan was made from: they tell of any object whether it is
// kept.
func (p *Plan) Marks() *Marks { return p.marks }
