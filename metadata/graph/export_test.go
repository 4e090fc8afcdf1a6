package graph

// Held returns the number of entries that the graph keeps besides its nodes.
func (l *Live) Held() int {
	return l.flips.Len() + len(l.timed) + len(l.values) + len(l.conditions) + len(l.dependents) + len(l.resources)
}
