package generate

import (
	"slices"

	"github.com/leanovate/gopter"
)

// A Graph is a set of records with references between them, and with holders that keep some of them.
type Graph struct {
	Shape Shape
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

// A Kind is the kind of a node's record.
type Kind string

// The kinds of nodes.
const (
	KindContent  Kind = "content"
	KindSnapshot Kind = "snapshot"
	KindImage    Kind = "image"
)

// A Node is a record of a graph. Its name is the letter of its index.
type Node struct {
	Kind Kind
	Held []Hold
}

// A Holder is a kind of holder.
type Holder string

// The kinds of holders.
const (
	ByRoot      Holder = "root"      // a root label of the node itself
	ByLease     Holder = "lease"     // a lease lists the node
	BySandbox   Holder = "sandbox"   // a label of a sandbox refers to the node
	ByImage     Holder = "image"     // the target of an image; for content
	ByContainer Holder = "container" // the snapshot of a container; for snapshots
	ByCondition Holder = "condition" // a condition label of an image; for snapshots
	ByNaming    Holder = "naming"    // a container names the image, which keeps nothing; for images
)

// A Hold is a holder of a node: it keeps the node.
type Hold struct {
	By     Holder
	Flat   bool   // of a lease
	Expire string // of a lease or an image; "" for never
}

// A Shape is the shape of a graph's edges, apart from back references of snapshots that a condition holds.
type Shape string

// The shapes.
const (
	ShapeNothing  Shape = "nothing"   // no edges
	ShapeTree     Shape = "tree"      // each node but the first has one reference to it
	ShapeChain    Shape = "chain"     // each node refers to the next
	ShapeCycle    Shape = "cycle"     // a chain, and the last node refers to the first
	ShapeDiamond  Shape = "diamond"   // the first node refers to the middle ones, and these to the last
	ShapeSelfLoop Shape = "self-loop" // the first node refers to itself
	ShapeDangling Shape = "dangling"  // one reference leads to a missing node
	ShapeDag      Shape = "dag"       // nodes refer to later ones
	ShapeAny      Shape = "any"       // random edges
	ShapeCrowd    Shape = "crowd"     // one node refers to many missing objects and to all other nodes
)

// Shapes are all shapes.
var Shapes = []Shape{
	ShapeNothing, ShapeTree, ShapeChain, ShapeCycle, ShapeDiamond, ShapeSelfLoop, ShapeDangling, ShapeDag, ShapeAny, ShapeCrowd,
}

// Graph draws a graph. The number of nodes grows with the size.
func (c Chance) Graph() Graph {
	g := Graph{Shape: Pick(c, Shapes...), Twins: c.OneIn(4)}
	n := 1 + c.IntN(min(1+c.Size()/3, 12))
	for range n {
		node := Node{Kind: Pick(c, KindContent, KindContent, KindContent, KindContent, KindSnapshot, KindImage)}
		if c.OneIn(3) {
			node.Held = c.Holds(node.Kind)
		}
		g.Nodes = append(g.Nodes, node)
	}
	if c.OneIn(3) {
		g.Chain = make([]Layer, c.UpTo(4))
		for i := range g.Chain {
			if c.OneIn(3) {
				g.Chain[i].Held = c.Holds(KindSnapshot)
			}
		}
	}
	g.Edges = c.edges(g.Shape, n)
	if g.Shape == ShapeCrowd {
		g.Nodes[0].Held = []Hold{{By: ByLease}}
	}
	for i := range n {
		g.Order = append(g.Order, i)
	}
	c.shuffle(n, func(i, j int) { g.Order[i], g.Order[j] = g.Order[j], g.Order[i] })
	for i := range g.Nodes {
		// A back reference from a snapshot outlives the snapshot's record, but the value of a condition does not.
		if node := &g.Nodes[i]; node.Kind == KindSnapshot && c.OneIn(3) {
			node.Held = append(node.Held, Hold{By: ByCondition})
			g.Edges = append(g.Edges, Edge{From: i, To: c.IntN(n), Back: true})
		}
	}
	return g
}

// edges draws the edges of a shape over n nodes.
func (c Chance) edges(shape Shape, n int) (all []Edge) {
	add := func(from, to int) { all = append(all, Edge{from, to, to < n && c.OneIn(6)}) }
	switch shape {
	case ShapeTree:
		for i := 1; i < n; i++ {
			add(c.IntN(i), i)
		}
	case ShapeChain, ShapeCycle:
		for i := 1; i < n; i++ {
			add(i-1, i)
		}
		if shape == ShapeCycle {
			add(n-1, 0)
		}
	case ShapeDiamond:
		for i := 1; i < n-1; i++ {
			add(0, i)
			add(i, n-1)
		}
	case ShapeSelfLoop:
		add(0, 0)
	case ShapeDangling:
		add(c.IntN(n), n)
	case ShapeDag:
		for i := 1; i < n; i++ {
			for j := range i {
				if c.OneIn(2) {
					add(j, i)
				}
			}
		}
	case ShapeCrowd: // the first node refers to many missing objects and, among them, to the other nodes
		for i := range crowd {
			to := 1 + i
			if to >= n {
				to = n + i%(len(letters)-n)
			}
			all = append(all, Edge{From: 0, To: to})
		}
		c.shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	case ShapeAny:
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
func (c Chance) Holds(kind Kind) (all []Hold) {
	for range c.UpTo(2) {
		h := Hold{By: ByLease, Flat: c.OneIn(3)}
		switch {
		case c.OneIn(5):
			h = Hold{By: BySandbox}
		case kind == KindImage && c.OneIn(4):
			h = Hold{By: ByNaming} // keeps nothing
		case kind != KindImage && c.OneIn(3):
			h = Hold{By: ByRoot}
		case kind == KindContent && c.OneIn(2):
			h = Hold{By: ByImage}
		case kind == KindSnapshot && c.OneIn(2):
			h = Hold{By: Pick(c, ByContainer, ByContainer, ByCondition)}
		}
		if (h.By == ByLease || h.By == ByImage) && c.OneIn(3) {
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
