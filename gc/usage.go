package gc

import "slices"

// Usage contains the objects and bytes of one type in one namespace.
type Usage struct {
	Type      ResourceType
	Namespace string

	Kept, Removed           int   // objects
	KeptBytes, RemovedBytes int64 // their own bytes, and bytes shared only among them

	// SharedKept and SharedRemoved are bytes shared with other types or namespaces. Each of these counts them once.
	SharedKept, SharedRemoved int64
}

// Usage returns objects and bytes by type and namespace, in node order. Deleted objects and their own bytes are not
// counted.
func (m *Marks) Usage() []Usage {
	g := m.graph
	rows := make([]Usage, len(g.table.groups))
	for i, group := range g.table.groups {
		row := &rows[g.groupRank[i]]
		row.Type, row.Namespace = group.kind, group.namespace
	}
	rowOf := func(id ID) *Usage { return &rows[g.groupRank[g.table.groupOf[id]]] }
	for id := range ID(g.Len()) {
		switch row := rowOf(id); {
		case !m.Exists(id):
		case m.Reached(id):
			row.Kept++
			row.KeptBytes = addBytes(row.KeptBytes, g.Weight(id))
		default:
			row.Removed++
			row.RemovedBytes = addBytes(row.RemovedBytes, g.Weight(id))
		}
	}
	into := g.into()
	for v := g.Len() + len(g.flats); v < len(g.weights); v++ {
		var holders []*Usage
		first, end := into.of(uint32(v))
		for _, h := range into.from[first:end] {
			id := g.object(h)
			if row := rowOf(id); m.Exists(id) && !slices.Contains(holders, row) {
				holders = append(holders, row)
			}
		}
		for _, row := range holders {
			sum := &row.SharedRemoved
			switch kept := m.reached.has(v); {
			case kept && len(holders) == 1:
				sum = &row.KeptBytes
			case kept:
				sum = &row.SharedKept
			case len(holders) == 1:
				sum = &row.RemovedBytes
			}
			*sum = addBytes(*sum, g.weights[v])
		}
	}
	return slices.DeleteFunc(rows, func(u Usage) bool { return u.Kept == 0 && u.Removed == 0 })
}
