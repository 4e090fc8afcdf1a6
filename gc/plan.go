package gc

// A Plan is the result of a collection before or without its execution.
type Plan struct {
	// Removed are the objects to remove, in node order. It excludes objects that the WhatIf deletes.
	Removed []ID

	// RemovedCount and KeptCount are numbers of objects by type. Types without objects are omitted.
	RemovedCount, KeptCount map[ResourceType]int

	// RemovedBytes and KeptBytes are the bytes to free and to keep: the objects' own bytes, and shared bytes counted
	// once. Bytes of objects that the WhatIf deletes count as removed.
	RemovedBytes, KeptBytes int64

	marks *Marks
}

// MakePlan marks the graph and lists the garbage.
func MakePlan(g *Graph, w WhatIf) *Plan {
	m := Mark(g, w)
	p := &Plan{
		RemovedCount: make(map[ResourceType]int),
		KeptCount:    make(map[ResourceType]int),
		marks:        m,
	}
	// Count by group first: a map access per object would take longer than marking.
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
	g.Sort(p.Removed)
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

// Marks returns the marking behind the plan.
func (p *Plan) Marks() *Marks { return p.marks }
