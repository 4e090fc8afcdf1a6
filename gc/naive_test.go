package gc_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
)

// A naive second implementation: a graph is a list of sayings, and every question
// is answered by going through the list again, or by trying all there is.

// A saying is one call of a Builder.
type saying struct {
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
	bytes
	miss
	missRoot
)

func (s saying) String() string {
	visit := func(n int, flat bool) string {
		if flat {
			return fmt.Sprintf("flat(%d)", n)
		}
		return fmt.Sprint(n)
	}
	from, to := visit(s.from, s.flatFrom), visit(s.to, s.flatTo)
	switch s.verb {
	case define:
		return fmt.Sprintf("define %d weighs %d", s.from, s.weight)
	case root:
		return fmt.Sprintf("root %s because %s", from, s.reason)
	case edge:
		return fmt.Sprintf("%s keeps %s because %s", from, to, s.reason)
	case backEdge:
		return fmt.Sprintf("%s keeps %s because %s, says %d", from, to, s.reason, s.to)
	case bytes:
		return fmt.Sprintf("bytes %d weigh %d and are held by %d", s.to, s.weight, s.from)
	case miss:
		return fmt.Sprintf("%s nearly keeps %s because %s", from, to, s.reason)
	case missRoot:
		return fmt.Sprintf("%s is nearly a root because %s", from, s.reason)
	}
	panic("no such verb")
}

// story is a whole graph.
type story []saying

func (s story) String() string {
	lines := make([]string, len(s))
	for i, say := range s {
		lines[i] = say.String()
	}
	return strings.Join(lines, "\n")
}

// nodeOf names the nodes of stories: few types and namespaces, and names whose order
// differs from that of their numbers. Some keys occur in both namespaces.
func nodeOf(n int) gc.Node {
	return gc.Node{
		Type:      gc.ResourceType(1 + n*5%3),
		Namespace: []string{"b", "a"}[n/3%2],
		Key:       fmt.Sprintf("key-%d", (n*7+n/6)%5),
	}
}

// build tells the story to a Builder.
func (s story) build(options ...gc.BuilderOption) *gc.Graph {
	b := gc.NewBuilder(0, options...)
	visit := func(n int, flat bool) gc.ID {
		id := b.Intern(nodeOf(n))
		if flat {
			return b.Flat(id)
		}
		return id
	}
	for _, say := range s {
		from, to := visit(say.from, say.flatFrom), visit(say.to, say.flatTo)
		switch say.verb {
		case define:
			b.Define(from, say.weight)
		case root:
			b.Root(from, say.reason)
		case edge:
			b.Edge(from, to, say.reason)
		case backEdge:
			b.BackEdge(from, to, say.reason)
		case bytes:
			b.Bytes(fmt.Sprint(say.to), say.weight, from)
		case miss:
			b.Miss(from, to, say.reason)
		case missRoot:
			b.MissRoot(from, say.reason)
		}
	}
	return b.Graph()
}

// without leaves out what the records of the deleted nodes say.
func (s story) without(deleted ...gc.Node) story {
	return slices.DeleteFunc(slices.Clone(s), func(say saying) bool {
		record := nodeOf(say.from)
		if say.verb == backEdge {
			record = nodeOf(say.to)
		}
		return slices.Contains(deleted, record)
	})
}

// A visit is one way to reach a node.
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

// moves are the steps on from a visit: a full one does what a flat one does, too.
func (s story) moves(v visit) []move {
	var list []move
	for _, say := range s {
		if nodeOf(say.from) != v.node || v.flat && !say.flatFrom {
			continue
		}
		if say.verb == edge || say.verb == backEdge || say.verb == miss {
			list = append(list, move{visit{nodeOf(say.to), say.flatTo}, say.verb == miss, say.reason})
		}
	}
	return list
}

func (s story) roots(v verb) []move {
	var list []move
	for _, say := range s {
		if say.verb == v {
			list = append(list, move{visit{nodeOf(say.from), say.flatFrom}, v == missRoot, say.reason})
		}
	}
	return list
}

// weights are those of the objects that exist.
func (s story) weights() map[gc.Node]int64 {
	weights := make(map[gc.Node]int64)
	for _, say := range s {
		if say.verb == define {
			weights[nodeOf(say.from)] = say.weight
		}
	}
	return weights
}

// reached marks by asking for more until there is no more.
func (s story) reached() map[gc.Node]bool {
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

// removed lists the objects that nothing keeps, and weighs what stays.
func (s story) removed() (nodes []gc.Node, keptBytes int64) {
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
	for _, say := range s {
		if say.verb == bytes {
			_, exists := weights[nodeOf(say.from)]
			shared[say.to] = max(shared[say.to], say.weight)
			held[say.to] = held[say.to] || exists && reached[nodeOf(say.from)]
		}
	}
	for key, weight := range shared {
		if held[key] {
			keptBytes += weight
		}
	}
	return nodes, keptBytes
}

// often weighs the verbs: edges and objects are what graphs are made of.
var often = [16]verb{
	define, define, define, define, root, edge, edge, edge, edge, edge, edge, backEdge, bytes, bytes, miss, missRoot,
}

// decode makes a saying of any number.
func decode(n uint32) saying {
	say := saying{
		verb:     often[n%16],
		from:     int(n >> 4 % 16),
		to:       int(n >> 8 % 16),
		flatFrom: n>>12%4 == 3,
		flatTo:   n>>14%4 == 3,
		weight:   int64(n >> 16 % 64),
		reason:   gc.Reason{Rule: "rule", Detail: fmt.Sprint(n >> 22 % 3)},
	}
	if say.verb == define || say.verb == bytes {
		say.flatFrom, say.flatTo = false, false
	}
	if say.verb == bytes {
		say.to %= 3
		say.weight = int64(7 * say.to)
	}
	return say
}

func decodeStory(numbers []uint32) story {
	s := make(story, len(numbers))
	for i, n := range numbers {
		s[i] = decode(n)
	}
	return s
}
