package gc_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
)

// A path is a chain of the naive implementation.
type path []gc.Step

func (p path) misses() int {
	n := 0
	for _, step := range p {
		if step.Missed {
			n++
		}
	}
	return n
}

// paths lists all chains without a cycle from a root to the node, by exhaustive search. It omits a move to a flat visit
// if the same move also reaches the full one.
func (s script) paths(g *gc.Graph, target gc.Node) []path {
	var found []path
	id := func(n gc.Node) gc.ID {
		id, _ := g.Lookup(n)
		return id
	}
	var extend func(p path, v visit, used map[visit]bool)
	try := func(p path, moves []move, used map[visit]bool) {
		for i, m := range moves {
			first := slices.IndexFunc(moves, func(o move) bool { return o.to == m.to && o.missed == m.missed })
			fuller := slices.ContainsFunc(moves, func(o move) bool {
				return o.to == visit{m.to.node, false} && o.missed == m.missed
			})
			if first != i || m.to.flat && fuller || used[m.to] {
				continue
			}
			var reasons []gc.Reason
			for _, o := range moves {
				if o.to == m.to && o.missed == m.missed && !slices.Contains(reasons, o.reason) {
					reasons = append(reasons, o.reason)
				}
			}
			slices.SortFunc(reasons, func(a, b gc.Reason) int { return strings.Compare(a.String(), b.String()) })
			step := gc.Step{ID: id(m.to.node), Flat: m.to.flat, Missed: m.missed, Reasons: reasons}
			extend(append(slices.Clone(p), step), m.to, used)
		}
	}
	best := math.MaxInt
	extend = func(p path, v visit, used map[visit]bool) {
		// Skip chains with more misses than the best chain, and longer ones with as many misses.
		if rank := p.misses()*1000 + len(p); rank > best {
			return
		} else if v.node == target {
			best = rank
			found = append(found, p)
			return
		}
		used[v] = true
		moves := s.moves(v)
		if v.flat {
			moves = append(moves, move{visit{v.node, false}, true, gc.Reason{Rule: "flat"}})
		}
		try(p, moves, used)
		delete(used, v)
	}
	try(nil, append(s.roots(root), s.roots(missRoot)...), make(map[visit]bool))

	found = slices.DeleteFunc(found, func(p path) bool { return p.misses()*1000+len(p) > best })
	slices.SortFunc(found, func(a, b path) int {
		return slices.CompareFunc(a, b, func(x, y gc.Step) int {
			if c := gc.Compare(g.Node(x.ID), g.Node(y.ID)); c != 0 {
				return c
			}
			if x.Flat != y.Flat {
				if y.Flat {
					return -1
				}
				return 1
			}
			return 0
		})
	})
	return found
}

func explainsAsNaive(s script) error {
	g := s.build(gc.Explain())
	for id := range gc.ID(g.Len()) {
		paths := s.paths(g, g.Node(id))
		x := gc.Why(g, id, gc.Limits{Chains: 1000})
		var chains []gc.Chain
		for _, p := range paths {
			chains = append(chains, gc.Chain(p))
		}
		if x.Count != uint64(len(paths)) || !reflect.DeepEqual(x.Chains, chains) {
			return fmt.Errorf("%v: %d chains %+v, want %d: %+v", g.Node(id), x.Count, x.Chains, len(paths), chains)
		}
		if len(paths) > 0 && x.Misses != paths[0].misses() {
			return fmt.Errorf("%v: %d misses, want %d", g.Node(id), x.Misses, paths[0].misses())
		}
		_, exists := s.weights()[g.Node(id)]
		if kept := exists && s.reached()[g.Node(id)]; x.Kept != kept || x.Exists != exists {
			return fmt.Errorf("%v: kept %v, exists %v, want %v, %v", g.Node(id), x.Kept, x.Exists, kept, exists)
		}
		if some := gc.Why(g, id, gc.Limits{Chains: 2}); !reflect.DeepEqual(some.Chains, chains[:min(2, len(chains))]) {
			return fmt.Errorf("%v: the first two chains are %+v, want %+v", g.Node(id), some.Chains, chains)
		}
	}
	return nil
}

func listsLeadingRoots(s script) error {
	g := s.build()
	for id := range gc.ID(g.Len()) {
		var want []gc.Node
		if s.reached()[g.Node(id)] {
			for _, r := range s.roots(root) {
				alone := slices.DeleteFunc(slices.Clone(s), func(c call) bool {
					return c.verb == root && nodeOf(c.from) != r.to.node
				})
				if alone.reached()[g.Node(id)] && !slices.Contains(want, r.to.node) {
					want = append(want, r.to.node)
				}
			}
		}
		slices.SortFunc(want, gc.Compare)
		x := gc.Why(g, id, gc.Limits{Roots: 100})
		if got := nodesOf(g, x.Roots); !slices.Equal(got, want) || x.RootCount != len(want) {
			return fmt.Errorf("%v: %d roots %v, want %v", g.Node(id), x.RootCount, got, want)
		}
	}
	return nil
}
