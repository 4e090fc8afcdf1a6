package gc_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
)

// This is a naive second implementation: a graph is a list of calls. Every question is answered by a scan of the list
// or by exhaustive search.

// A call is one call of a Builder.
type call struct {
	verb     verb
	from, to int // numbers of nodes
	flatFrom bool
	flatTo   bool
	weight   int64
	reason   gc.Reason
}

type verb int

const (
	define verb = iota
	root
	edge
	backEdge
	jointEdge
	bytes
	miss
	missRoot
)

func (s call) String() string {
	visit := func(n int, flat bool) string {
		if flat {
			return fmt.Sprintf("flat(%d)", n)
		}
		return fmt.Sprint(n)
	}
	from, to := visit(s.from, s.flatFrom), visit(s.to, s.flatTo)
	switch s.verb {
	case define:
		return fmt.Sprintf("define %d with %d bytes", s.from, s.weight)
	case root:
		return fmt.Sprintf("root %s because %s", from, s.reason)
	case edge:
		return fmt.Sprintf("%s keeps %s because %s", from, to, s.reason)
	case backEdge:
		return fmt.Sprintf("%s keeps %s because %s, stated by %d", from, to, s.reason, s.to)
	case jointEdge:
		return fmt.Sprintf("%s keeps %s because %s, as long as both exist", from, to, s.reason)
	case bytes:
		return fmt.Sprintf("bytes %d: %d bytes, held by %d", s.to, s.weight, s.from)
	case miss:
		return fmt.Sprintf("%s nearly keeps %s because %s", from, to, s.reason)
	case missRoot:
		return fmt.Sprintf("%s is nearly a root because %s", from, s.reason)
	}
	panic("no such verb")
}

// A script is a whole graph.
type script []call

func (s script) String() string {
	lines := make([]string, len(s))
	for i, c := range s {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

// nodeOf returns node n of scripts. There are few types and namespaces. The order of names differs from the order of
// numbers, and some keys occur in both namespaces.
func nodeOf(n int) gc.Node {
	return gc.Node{
		Type:      gc.ResourceType(1 + n*5%3),
		Namespace: []string{"b", "a"}[n/3%2],
		Key:       fmt.Sprintf("key-%d", (n*7+n/6)%5),
	}
}

// build makes the calls of the script.
func (s script) build(options ...gc.BuilderOption) *gc.Graph {
	b := gc.NewBuilder(0, options...)
	visit := func(n int, flat bool) gc.ID {
		id := b.Intern(nodeOf(n))
		if flat {
			return b.Flat(id)
		}
		return id
	}
	for _, c := range s {
		from, to := visit(c.from, c.flatFrom), visit(c.to, c.flatTo)
		switch c.verb {
		case define:
			b.Define(from, c.weight)
		case root:
			b.Root(from, c.reason)
		case edge:
			b.Edge(from, to, c.reason)
		case backEdge:
			b.BackEdge(from, to, c.reason)
		case jointEdge:
			b.JointEdge(from, to, c.reason)
		case bytes:
			b.Bytes(fmt.Sprint(c.to), c.weight, from)
		case miss:
			b.Miss(from, to, c.reason)
		case missRoot:
			b.MissRoot(from, c.reason)
		}
	}
	return b.Graph()
}

// without removes the statements of the deleted nodes' records. The sizes of shared bytes stay known.
func (s script) without(deleted ...gc.Node) script {
	return slices.DeleteFunc(slices.Clone(s), func(c call) bool {
		from, to := slices.Contains(deleted, nodeOf(c.from)), slices.Contains(deleted, nodeOf(c.to))
		switch c.verb {
		case bytes:
			return false
		case backEdge:
			return to
		case jointEdge:
			return from || to
		}
		return from
	})
}

// A visit is a full or flat visit of a node.
type visit struct {
	node gc.Node
	flat bool
}

// A move is one step between visits.
type move struct {
	to     visit
	missed bool
	reason gc.Reason
}

// moves returns the steps from a visit. A full visit includes those of the flat one.
func (s script) moves(v visit) []move {
	var list []move
	for _, c := range s {
		if nodeOf(c.from) != v.node || v.flat && !c.flatFrom {
			continue
		}
		switch c.verb {
		case edge, backEdge, jointEdge, miss:
			list = append(list, move{visit{nodeOf(c.to), c.flatTo}, c.verb == miss, c.reason})
		}
	}
	return list
}

func (s script) roots(v verb) []move {
	var list []move
	for _, c := range s {
		if c.verb == v {
			list = append(list, move{visit{nodeOf(c.from), c.flatFrom}, v == missRoot, c.reason})
		}
	}
	return list
}

// weights returns the weights of the existing objects.
func (s script) weights() map[gc.Node]int64 {
	weights := make(map[gc.Node]int64)
	for _, c := range s {
		if c.verb == define {
			weights[nodeOf(c.from)] = c.weight
		}
	}
	return weights
}

// reached marks by breadth-first search.
func (s script) reached() map[gc.Node]bool {
	visits := make(map[visit]bool)
	pending := s.roots(root)
	for len(pending) > 0 {
		v := pending[0].to
		pending = pending[1:]
		if visits[v] {
			continue
		}
		visits[v] = true
		for _, m := range s.moves(v) {
			if !m.missed {
				pending = append(pending, m)
			}
		}
	}
	nodes := make(map[gc.Node]bool)
	for v := range visits {
		nodes[v.node] = true
	}
	return nodes
}

// removed returns the garbage, and the bytes that stay.
func (s script) removed() (nodes []gc.Node, keptBytes int64) {
	reached, weights := s.reached(), s.weights()
	for n, weight := range weights {
		if reached[n] {
			keptBytes += weight
		} else {
			nodes = append(nodes, n)
		}
	}
	slices.SortFunc(nodes, gc.Compare)

	shared, held := make(map[int]int64), make(map[int]bool)
	for _, c := range s {
		if c.verb == bytes {
			_, exists := weights[nodeOf(c.from)]
			shared[c.to] = max(shared[c.to], c.weight)
			held[c.to] = held[c.to] || exists && reached[nodeOf(c.from)]
		}
	}
	for key, weight := range shared {
		if held[key] {
			keptBytes += weight
		}
	}
	return nodes, keptBytes
}

// A palette says which calls random scripts consist of: each verb occurs as often as it is in verbs.
type palette struct {
	nodes int
	verbs [16]verb
}

var (
	// sparse makes graphs that mostly consist of edges and objects.
	sparse = palette{16, [16]verb{
		define, define, define, define, root, edge, edge, edge, edge, edge, jointEdge, backEdge, bytes, bytes, miss, missRoot,
	}}
	// dense makes graphs of few objects, in which back references and shared bytes meet.
	dense = palette{6, [16]verb{
		define, define, define, define, root, root, edge, edge, jointEdge, jointEdge, backEdge, backEdge, backEdge, bytes, bytes, bytes,
	}}
)

// decode returns a call for any number.
func (p palette) decode(n uint32) call {
	c := call{
		verb:     p.verbs[n%16],
		from:     int(n>>4%16) % p.nodes,
		to:       int(n>>8%16) % p.nodes,
		flatFrom: n>>12%4 == 3,
		flatTo:   n>>14%4 == 3,
		weight:   int64(n >> 16 % 64),
		reason:   gc.Reason{Rule: "rule", Detail: fmt.Sprint(n >> 22 % 3)},
	}
	if c.verb == define || c.verb == bytes {
		c.flatFrom, c.flatTo = false, false
	}
	if c.verb == bytes {
		c.to %= 3
		c.weight = int64(7*c.to) + c.weight%4 // holders may disagree on the size
	}
	return c
}

func (p palette) script(numbers []uint32) script {
	s := make(script, len(numbers))
	for i, n := range numbers {
		s[i] = p.decode(n)
	}
	return s
}
