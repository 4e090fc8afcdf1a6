package generate

import (
	"slices"

	"github.com/leanovate/gopter"
)

// A Graph is a set of records with references between them, and with holders that keep some of them.
type Graph struct {
	Shape string
	Nodes []Node
	Edges []Edge
	Twins bool    // another namespace has the same records, without references and holders
	Order []int   // in which the nodes are made
	Chain []Layer // snapshots, each on top of the one before
}

// A Layer is a committed snapshot.
type Layer struct{ Held []Hold }

// An Edge is a reference from a node to another. If To is past the last node, the reference dangles. The label of a
// back reference is on the target.
type Edge struct {
	From, To int
	Back     bool
}

// A Node is a record of a graph. Its name is the letter of its index.
type Node struct {
	Kind string // "content", "snapshot" or "image"
	Held []Hold
}

// A Hold is a holder of a node: it keeps the node.
type Hold struct {
	By     string // "root", "lease", "sandbox", "image" for content, "container" and "condition" for snapshots, "naming" for images
	Flat   bool   // of a lease
	Expire string // of a lease or an image; "" for never
}

// Shapes are the shapes of graphs.
var Shapes = []string{"nothing", "tree", "chain", "cycle", "diamond", "self-loop", "dangling", "dag", "any", "crowd"}

// Graph draws a graph. The number of nodes grows with the size.
func (c Chance) Graph() Graph {
	g := Graph{Shape: Pick(c, Shapes...), Twins: c.OneIn(4)}
	n := 1 + c.IntN(min(1+c.Size()/3, 12))
	for range n {
		node := Node{Kind: Pick(c, "content", "content", "content", "content", "snapshot", "image")}
		if c.OneIn(3) {
			node.Held = c.Holds(node.Kind)
		}
		g.Nodes = append(g.Nodes, node)
	}
	if c.OneIn(3) {
		g.Chain = make([]Layer, c.UpTo(4))
		for i := range g.Chain {
			if c.OneIn(3) {
				g.Chain[i].Held = c.Holds("snapshot")
			}
		}
	}
	g.Edges = c.edges(g.Shape, n)
	if g.Shape == "crowd" {
		g.Nodes[0].Held = []Hold{{By: "lease"}}
	}
	for i := range n {
		g.Order = append(g.Order, i)
	}
	c.shuffle(n, func(i, j int) { g.Order[i], g.Order[j] = g.Order[j], g.Order[i] })
	return g
}

// edges draws the edges of a shape over n nodes.
func (c Chance) edges(shape string, n int) (all []Edge) {
	add := func(from, to int) { all = append(all, Edge{from, to, to < n && c.OneIn(6)}) }
	switch shape {
	case "tree":
		for i := 1; i < n; i++ {
			add(c.IntN(i), i)
		}
	case "chain", "cycle":
		for i := 1; i < n; i++ {
			add(i-1, i)
		}
		if shape == "cycle" {
			add(n-1, 0)
		}
	case "diamond":
		for i := 1; i < n-1; i++ {
			add(0, i)
			add(i, n-1)
		}
	case "self-loop":
		add(0, 0)
	case "dangling":
		add(c.IntN(n), n)
	case "dag":
		for i := 1; i < n; i++ {
			for j := range i {
				if c.OneIn(2) {
					add(j, i)
				}
			}
		}
	case "crowd": // the first node refers to many missing objects and, among them, to the other nodes
		for i := range crowd {
			to := 1 + i
			if to >= n {
				to = n + i%(len(letters)-n)
			}
			all = append(all, Edge{From: 0, To: to})
		}
		c.shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	case "any":
		for range c.IntN(2 * n) {
			add(c.IntN(n), c.IntN(n+1))
		}
	}
	return all
}

// crowd is the number of references from one record in a crowd: more than the marking processes in one batch.
const crowd = 40

// shuffle draws an order.
func (c Chance) shuffle(n int, swap func(i, j int)) {
	for i := range n {
		swap(i, c.IntN(i+1))
	}
}

// Holds draws the holders of a record, if any.
func (c Chance) Holds(kind string) (all []Hold) {
	for range c.UpTo(2) {
		h := Hold{By: "lease", Flat: c.OneIn(3)}
		switch {
		case c.OneIn(5):
			h = Hold{By: "sandbox"}
		case kind == "image" && c.OneIn(4):
			h = Hold{By: "naming"} // keeps nothing
		case kind != "image" && c.OneIn(3):
			h = Hold{By: "root"}
		case kind == "content" && c.OneIn(2):
			h = Hold{By: "image"}
		case kind == "snapshot" && c.OneIn(2):
			h = Hold{By: Pick(c, "container", "container", "condition")}
		}
		if (h.By == "lease" || h.By == "image") && c.OneIn(3) {
			h.Expire = timeValue(c, Start)
		}
		all = append(all, h)
	}
	return all
}

// Graphs generates reference graphs. They shrink to fewer edges, then to fewer nodes.
func Graphs() gopter.Gen { return Of(Chance.Graph, Graph.smaller) }

func (g Graph) smaller() (all []Graph) {
	for i := range g.Edges {
		less := g
		less.Edges = slices.Delete(slices.Clone(g.Edges), i, i+1)
		all = append(all, less)
	}
	if last := len(g.Chain) - 1; last >= 0 {
		less := g
		less.Chain = g.Chain[:last]
		all = append(all, less)
	}
	if last := len(g.Nodes) - 1; last > 0 {
		less := g
		less.Nodes = g.Nodes[:last]
		less.Edges = slices.DeleteFunc(slices.Clone(g.Edges), func(e Edge) bool { return e.From >= last || e.To >= last })
		less.Order = slices.DeleteFunc(slices.Clone(g.Order), func(i int) bool { return i == last })
		all = append(all, less)
	}
	return all
}
