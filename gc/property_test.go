package gc_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/holdfast-gc/holdfast/gc"
)

// A law must hold for every story. It returns what is wrong, or nil.
type law func(s story) error

var laws = map[string]law{
	"marking agrees with containerd's":                    marksAsContainerd,
	"a plan agrees with the naive one":                    plansAsNaive,
	"deleting agrees with never having been stored":       deletesAsRebuilt,
	"unrooting agrees with never having been a root":      unrootsAsRebuilt,
	"retained is what deleting frees":                     retainsWhatDeletingFrees,
	"a dominator is passed by every way":                  dominatorsAreUnavoidable,
	"why lists the shortest chains, fewest misses first":  explainsAsNaive,
	"edges found while marking count like others":         followsAsKnown,
	"the order of telling shows nowhere":                  orderShowsNowhere,
	"roots named by why are those that lead to the node":  namesRootsThatLead,
	"usage adds up to the plan":                           usageAddsUp,
	"recording reasons changes nothing but what they say": explainChangesNothing,
}

func TestLaws(t *testing.T) {
	const seed = 20260801
	for name, law := range laws {
		t.Run(name, func(t *testing.T) {
			parameters := gopter.DefaultTestParametersWithSeed(seed)
			parameters.MinSuccessfulTests = 1500
			parameters.MaxSize = 60
			properties := gopter.NewProperties(parameters)
			properties.Property(fmt.Sprintf("%s (seed %d)", name, seed), prop.ForAll(
				func(numbers []uint32) (string, error) {
					s := decodeStory(numbers)
					if err := law(s); err != nil {
						return "", fmt.Errorf("%w\nin\n%v", err, s)
					}
					return "", nil
				},
				gen.SliceOf(gen.UInt32()),
			))
			properties.TestingRun(t)
		})
	}
}

func FuzzLaws(f *testing.F) {
	f.Add([]byte("a graph of nothing much"))
	f.Add([]byte{0, 0, 0, 0, 4, 0, 0, 0, 0x15, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var numbers []uint32
		for len(data) >= 4 && len(numbers) < 80 {
			numbers = append(numbers, uint32(data[0])|uint32(data[1])<<8|uint32(data[2])<<16|uint32(data[3])<<24)
			data = data[4:]
		}
		s := decodeStory(numbers)
		for name, law := range laws {
			if err := law(s); err != nil {
				t.Fatalf("%s: %v\nin\n%v", name, err, s)
			}
		}
	})
}

// flatBit is how containerd marks a flat visit; Tricolor strips it.
const flatBit = gc.ResourceType(0x20)

func marksAsContainerd(s story) error {
	as := func(v visit) gc.Node {
		if v.flat {
			v.node.Type |= flatBit
		}
		return v.node
	}
	real := func(moves []move) []gc.Node {
		var nodes []gc.Node
		for _, m := range moves {
			if !m.missed {
				nodes = append(nodes, as(m.to))
			}
		}
		return nodes
	}
	want, err := tricolor(real(s.roots(root)), func(n gc.Node) []gc.Node {
		v := visit{n, n.Type&flatBit != 0}
		v.node.Type &^= flatBit
		return real(s.moves(v))
	})
	if err != nil {
		return err
	}
	g := s.build()
	m := gc.Mark(g, gc.WhatIf{})
	for id := range gc.ID(g.Len()) {
		if _, reached := want[g.Node(id)]; reached != m.Reached(id) {
			return fmt.Errorf("%v: reached is %v, containerd says %v", g.Node(id), m.Reached(id), reached)
		}
	}
	return nil
}

func nodesOf(g *gc.Graph, ids []gc.ID) []gc.Node {
	var nodes []gc.Node
	for _, id := range ids {
		nodes = append(nodes, g.Node(id))
	}
	return nodes
}

func plansAsNaive(s story) error {
	g := s.build()
	return samePlan(g, gc.MakePlan(g, gc.WhatIf{}), s)
}

// samePlan compares a plan with what the naive one says of a story.
func samePlan(g *gc.Graph, p *gc.Plan, s story) error {
	removed, keptBytes := s.removed()
	if got := nodesOf(g, p.Removed); !slices.Equal(got, removed) {
		return fmt.Errorf("removed %v, want %v", got, removed)
	}
	if p.KeptBytes != keptBytes {
		return fmt.Errorf("kept %d bytes, want %d", p.KeptBytes, keptBytes)
	}
	removedCount, keptCount := make(map[gc.ResourceType]int), make(map[gc.ResourceType]int)
	for n := range s.weights() {
		if slices.Contains(removed, n) {
			removedCount[n.Type]++
		} else {
			keptCount[n.Type]++
		}
	}
	if !reflect.DeepEqual(p.RemovedCount, removedCount) || !reflect.DeepEqual(p.KeptCount, keptCount) {
		return fmt.Errorf("counts %v and %v, want %v and %v", p.RemovedCount, p.KeptCount, removedCount, keptCount)
	}
	return nil
}

// deletions are a few choices of what to delete: each object alone, and some two.
func deletions(g *gc.Graph) [][]gc.ID {
	var list [][]gc.ID
	for id := range gc.ID(g.Len()) {
		list = append(list, []gc.ID{id}, []gc.ID{id, (id*5 + 3) % gc.ID(g.Len())})
	}
	return list
}

func deletesAsRebuilt(s story) error {
	g := s.build()
	total := func(p *gc.Plan) int64 { return p.KeptBytes + p.RemovedBytes }
	before := gc.MakePlan(g, gc.WhatIf{})
	for _, deleted := range deletions(g) {
		p := gc.MakePlan(g, gc.WhatIf{Delete: deleted})
		if err := samePlan(g, p, s.without(nodesOf(g, deleted)...)); err != nil {
			return fmt.Errorf("without %v: %w", nodesOf(g, deleted), err)
		}
		if total(p) != total(before) {
			return fmt.Errorf("without %v: %d bytes in all, %d before", nodesOf(g, deleted), total(p), total(before))
		}
	}
	return nil
}

func unrootsAsRebuilt(s story) error {
	g := s.build()
	for id := range gc.ID(g.Len()) {
		without := slices.DeleteFunc(slices.Clone(s), func(say saying) bool {
			return say.verb == root && nodeOf(say.from) == g.Node(id)
		})
		p := gc.MakePlan(g, gc.WhatIf{Unroot: []gc.ID{id}})
		if err := samePlan(g, p, without); err != nil {
			return fmt.Errorf("%v no root: %w", g.Node(id), err)
		}
	}
	return nil
}

func retainsWhatDeletingFrees(s story) error {
	g := s.build()
	before := gc.MakePlan(g, gc.WhatIf{})
	tree := gc.Dominators(g)
	for id := range gc.ID(g.Len()) {
		var want gc.Holding
		var alone []gc.ID
		if before.Marks().Kept(id) {
			after := gc.MakePlan(g, gc.WhatIf{Delete: []gc.ID{id}})
			want.Retained = after.RemovedBytes - before.RemovedBytes
			for other := range gc.ID(g.Len()) {
				if before.Marks().Kept(other) && !after.Marks().Kept(other) {
					alone = append(alone, other)
				}
			}
			slices.SortFunc(alone, func(a, b gc.ID) int { return gc.Compare(g.Node(a), g.Node(b)) })
			want.RetainedObjects = len(alone)
		}
		got := tree.Holding(id)
		if got.Retained != want.Retained || tree.Retained(id) != want.Retained || got.RetainedObjects != want.RetainedObjects {
			return fmt.Errorf("%v retains %+v and %d, want %+v", g.Node(id), got, tree.Retained(id), want)
		}
		if !slices.Equal(tree.Alone(id), alone) {
			return fmt.Errorf("%v alone keeps %v, want %v", g.Node(id), nodesOf(g, tree.Alone(id)), nodesOf(g, alone))
		}
		if got.Shared < 0 || got.SharedObjects < 0 {
			return fmt.Errorf("%v: %+v", g.Node(id), got)
		}
	}
	top := tree.Top(0)
	if !slices.IsSortedFunc(top, func(a, b gc.Holding) int { return int(b.Retained - a.Retained) }) {
		return fmt.Errorf("top is not sorted: %v", top)
	}
	return nil
}

// dominatorsAreUnavoidable removes the dominator, edges, name and all: what it
// dominates must go. Removing any other object than the ones up the tree must not
// take it along.
func dominatorsAreUnavoidable(s story) error {
	g := s.build()
	tree := gc.Dominators(g)
	for id := range gc.ID(g.Len()) {
		above := make(map[gc.ID]bool)
		for d, ok := tree.Dominator(id); ok; d, ok = tree.Dominator(d) {
			if above[d] {
				return fmt.Errorf("%v dominates itself", g.Node(d))
			}
			above[d] = true
		}
		for d := range above {
			cut := slices.DeleteFunc(slices.Clone(s), func(say saying) bool { return nodeOf(say.from) == g.Node(d) })
			if cut.reached()[g.Node(id)] {
				return fmt.Errorf("%v dominates %v, which stays without it", g.Node(d), g.Node(id))
			}
		}
	}
	return nil
}

// A naive chain, and how it compares with others.
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

// paths lists every chain without a cycle from a root to the node, by trying all
// there are. A move to a flat visit is not tried where the same move reaches the
// object in full.
func (s story) paths(g *gc.Graph, target gc.Node) []path {
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
			slices.SortFunc(reasons, func(a, b gc.Reason) int { return compareStrings(a.String(), b.String()) })
			step := gc.Step{ID: id(m.to.node), Flat: m.to.flat, Missed: m.missed, Reasons: reasons}
			extend(append(slices.Clone(p), step), m.to, used)
		}
	}
	best := math.MaxInt
	extend = func(p path, v visit, used map[visit]bool) {
		// A bound on what is worth trying: no chain with more misses, or longer
		// with as many, can be listed.
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

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func explainsAsNaive(s story) error {
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

func namesRootsThatLead(s story) error {
	g := s.build()
	for id := range gc.ID(g.Len()) {
		var want []gc.Node
		if s.reached()[g.Node(id)] {
			for _, r := range s.roots(root) {
				alone := slices.DeleteFunc(slices.Clone(s), func(say saying) bool {
					return say.verb == root && nodeOf(say.from) != r.to.node
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

func usageAddsUp(s story) error {
	g := s.build()
	p := gc.MakePlan(g, gc.WhatIf{})
	kept, removed := make(map[gc.ResourceType]int), make(map[gc.ResourceType]int)
	var own, most int64
	for _, u := range p.Marks().Usage() {
		kept[u.Type] += u.Kept
		removed[u.Type] += u.Removed
		own += u.KeptBytes
		most += u.KeptBytes + u.SharedKept
	}
	for kind := range gc.ResourceMax {
		if kept[kind] != p.KeptCount[kind] || removed[kind] != p.RemovedCount[kind] {
			return fmt.Errorf("type %d: %d kept and %d removed, want %d and %d",
				kind, kept[kind], removed[kind], p.KeptCount[kind], p.RemovedCount[kind])
		}
	}
	if own > p.KeptBytes || most < p.KeptBytes {
		return fmt.Errorf("%d to %d bytes kept, want %d", own, most, p.KeptBytes)
	}
	return nil
}

func explainChangesNothing(s story) error {
	plain, telling := s.build(), s.build(gc.Explain())
	a, b := gc.MakePlan(plain, gc.WhatIf{}), gc.MakePlan(telling, gc.WhatIf{})
	if !slices.Equal(a.Removed, b.Removed) || a.KeptBytes != b.KeptBytes {
		return fmt.Errorf("%v and %v", a.Removed, b.Removed)
	}
	return nil
}

// followsAsKnown tells the graph only half of the edges, and Follow the rest.
func followsAsKnown(s story) error {
	late := func(say saying) bool {
		return say.verb == edge && !say.flatFrom && !say.flatTo && say.reason.Detail != "0"
	}
	g := slices.DeleteFunc(slices.Clone(s), late).build()
	m := gc.Mark(g, gc.WhatIf{Follow: func(n gc.Node, keep func(gc.Node)) {
		for _, say := range s {
			if late(say) && nodeOf(say.from) == n {
				keep(nodeOf(say.to))
			}
		}
	}})
	reached := s.reached()
	for id := range gc.ID(g.Len()) {
		if m.Reached(id) != reached[g.Node(id)] {
			return fmt.Errorf("%v: reached is %v, want %v", g.Node(id), m.Reached(id), reached[g.Node(id)])
		}
	}
	return nil
}

// orderShowsNowhere tells a story forwards and backwards: IDs differ, answers don't.
func orderShowsNowhere(s story) error {
	// Only the last weight of an object counts.
	var forwards story
	defined := make(map[int]bool)
	for _, say := range s {
		if say.verb == define && defined[say.from] {
			continue
		}
		defined[say.from] = defined[say.from] || say.verb == define
		forwards = append(forwards, say)
	}
	backwards := slices.Clone(forwards)
	slices.Reverse(backwards)
	there, back := answers(forwards.build(gc.Explain())), answers(backwards.build(gc.Explain()))
	for i := range there {
		if there[i] != back[i] {
			return fmt.Errorf("told forwards:\n%s\nand backwards:\n%s", there[i], back[i])
		}
	}
	return nil
}

// answers prints all that a graph says, by names alone.
func answers(g *gc.Graph) []string {
	var list []string
	say := func(what any) { list = append(list, fmt.Sprintf("%+v", what)) }

	p := gc.MakePlan(g, gc.WhatIf{})
	say(nodesOf(g, p.Removed))
	say([]any{p.RemovedCount, p.KeptCount, p.RemovedBytes, p.KeptBytes})
	say(p.Marks().Usage())
	for _, r := range g.Roots() {
		say([]any{g.Node(r.ID), r.Flat, r.Reasons})
	}
	tree := gc.Dominators(g)
	for _, h := range tree.Top(0) {
		node := g.Node(h.ID)
		h.ID = 0
		say([]any{node, h})
	}
	edges := func(list []gc.Edge) {
		for _, e := range list {
			say([]any{g.Node(e.From), e.FromFlat, g.Node(e.To), e.ToFlat, e.Reason})
		}
	}
	for n := range 16 {
		id, ok := g.Lookup(nodeOf(n))
		if !ok {
			continue
		}
		x := gc.Why(g, id, gc.Limits{Chains: 3, Roots: 2})
		say([]any{nodeOf(n), x.Exists, x.Kept, x.Misses, x.Count, x.RootCount, nodesOf(g, x.Roots)})
		for _, c := range x.Chains {
			for _, step := range c {
				say([]any{g.Node(step.ID), step.Flat, step.Missed, step.Reasons})
			}
		}
		edges(x.Referrers)
		edges(x.Astray)
		say(nodesOf(g, tree.Alone(id)))
	}
	return list
}
