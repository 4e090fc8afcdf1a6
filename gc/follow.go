package gc

// follower returns what calls Follow for a node and reaches what it keeps; nil when
// there is nothing to call. Nodes that the graph does not know have no edges in
// it, but Follow may know some of theirs: so those are followed in turn.
func (w WhatIf) follower(g *Graph, reach func(v uint32)) func(Node) {
	if w.Follow == nil {
		return nil
	}
	var unknown []Node
	seen := make(map[Node]bool)
	keep := func(n Node) {
		if id, ok := g.Lookup(n); ok {
			reach(uint32(id))
		} else if !seen[n] {
			seen[n] = true
			unknown = append(unknown, n)
		}
	}
	return func(n Node) {
		w.Follow(n, keep)
		for len(unknown) > 0 {
			last := len(unknown) - 1
			n, unknown = unknown[last], unknown[:last]
			w.Follow(n, keep)
		}
	}
}
