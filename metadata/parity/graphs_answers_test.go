package parity

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
)

// A move is a step of a chain. Several statements can give reasons for it.
type move struct {
	to      gc.Node
	missed  bool
	reasons []gc.Reason
}

// moves returns the steps from a visit. A step to a flat visit is left out if the same step leads to the full one.
func (d *drawn) moves(v gc.Node) (list []move) {
	add := func(to gc.Node, missed bool, reason gc.Reason) {
		i := slices.IndexFunc(list, func(m move) bool { return m.to == to && m.missed == missed })
		if i < 0 {
			i, list = len(list), append(list, move{to, missed, nil})
		}
		if !slices.Contains(list[i].reasons, reason) {
			list[i].reasons = append(list[i].reasons, reason)
		}
	}
	for _, s := range d.statements {
		if s.from == v || s.from == flatOf(v) {
			add(s.to, s.missed, s.reason)
		}
	}
	if v != objectOf(v) {
		add(objectOf(v), true, gc.Reason{Rule: "flat"})
	}
	for _, m := range list {
		slices.SortFunc(m.reasons, compareReasons)
	}
	all := slices.Clone(list)
	return slices.DeleteFunc(list, func(m move) bool {
		return m.to != objectOf(m.to) && slices.ContainsFunc(all, func(o move) bool { return o.to == objectOf(m.to) && o.missed == m.missed })
	})
}

// miss is the cost of a missed step. A chain has fewer steps.
const miss = 1000

func (m move) cost() int {
	if m.missed {
		return miss + 1
	}
	return 1
}

// costs returns the least cost of a chain to each visit.
func (d *drawn) costs() map[gc.Node]int {
	costs := map[gc.Node]int{outside: 0}
	for changed := true; changed; {
		changed = false
		for v, cost := range maps.Clone(costs) {
			for _, m := range d.moves(v) {
				if was, there := costs[m.to]; !there || cost+m.cost() < was {
					costs[m.to], changed = cost+m.cost(), true
				}
			}
		}
	}
	return costs
}

// A route is the visits and the moves of a chain.
type route []move

func (p route) String() string {
	var steps []string
	for _, m := range p {
		steps = append(steps, fmt.Sprint(m.to, m.missed, m.reasons))
	}
	return strings.Join(steps, " > ")
}

// routes returns the chains of least cost to a visit.
func (d *drawn) routes(costs map[gc.Node]int, to gc.Node) (all []route) {
	if to == outside {
		return []route{nil}
	}
	for v, cost := range costs {
		for _, m := range d.moves(v) {
			if m.to == to && cost+m.cost() == costs[to] {
				for _, p := range d.routes(costs, v) {
					all = append(all, append(p[:len(p):len(p)], m))
				}
			}
		}
	}
	return all
}

// checkChains compares explanations with all chains of least cost.
func checkChains(d *drawn, g *gc.Graph, _ *rand.Rand) error {
	costs := d.costs()
	for _, n := range d.nodes {
		least, ends := 0, []gc.Node(nil)
		for _, v := range []gc.Node{n, flatOf(n)} {
			if cost, found := costs[v]; found && (ends == nil || cost <= least) {
				if cost < least {
					ends = nil
				}
				least, ends = cost, append(ends, v)
			}
		}
		var want []route
		for _, v := range ends {
			want = append(want, d.routes(costs, v)...)
		}
		slices.SortFunc(want, func(a, b route) int {
			return slices.CompareFunc(a, b, func(x, y move) int {
				return cmp.Or(compareNodes(objectOf(x.to), objectOf(y.to)), cmp.Compare(x.to.Type, y.to.Type))
			})
		})
		x := gc.Why(g, idOf(g, n), gc.Limits{Chains: 1 << 20, Roots: 1 << 20, Edges: 1 << 20})
		_, exists := d.weights[n]
		if x.Count != uint64(len(want)) || len(x.Chains) != len(want) || x.Misses != least/miss ||
			x.Exists != exists || x.Kept != (exists && ends != nil && least < miss) || x.ID != idOf(g, n) {
			return fmt.Errorf("%v: %+v instead of %v", n, x, want)
		}
		for i, chain := range x.Chains {
			if got := routeOf(g, chain); got.String() != want[i].String() {
				return fmt.Errorf("chain %d of %v is %v and not %v", i, n, got, want[i])
			}
		}
		if err := cmp.Or(d.checkLeading(g, x), d.checkLimits(g, x)); err != nil {
			return err
		}
	}
	return nil
}

func routeOf(g *gc.Graph, chain gc.Chain) (p route) {
	for _, s := range chain {
		m := move{g.Node(s.ID), s.Missed, s.Reasons}
		if s.Flat {
			m.to = flatOf(m.to)
		}
		p = append(p, m)
	}
	return p
}

// checkLeading checks the roots of a node that roots lead to, and the references to another.
func (d *drawn) checkLeading(g *gc.Graph, x *gc.Explanation) error {
	n := g.Node(x.ID)
	var roots []gc.Node
	var referrers, astray []string
	text := func(e gc.Edge) string {
		return fmt.Sprint(g.Node(e.From), e.FromFlat, g.Node(e.To), e.ToFlat, e.Reason)
	}
	if reached := d.reached()[flatOf(n)]; reached {
		for _, root := range d.statements {
			alone := d.only(func(s statement) bool { return s.from != outside || s.to == root.to })
			if root.from == outside && !root.missed && alone.reached()[flatOf(n)] {
				roots = append(roots, objectOf(root.to))
			}
		}
		slices.SortFunc(roots, compareNodes)
		roots = slices.Compact(roots)
	} else {
		for _, s := range d.statements {
			to := objectOf(s.to)
			_, exists := d.weights[to]
			switch {
			case s.from == outside || s.missed:
			case to == n:
				referrers = append(referrers, text(edgeOf(g, s)))
			case to.Type == n.Type && to.Key == n.Key && !exists:
				astray = append(astray, text(edgeOf(g, s)))
			}
		}
	}
	if got := nodesOf(g, x.Roots); !slices.Equal(got, roots) || x.RootCount != len(roots) {
		return fmt.Errorf("%v has %d roots %v and not %v", n, x.RootCount, got, roots)
	}
	for _, list := range []struct {
		name string
		got  []gc.Edge
		want []string
	}{{"referrers", x.Referrers, referrers}, {"referrers astray", x.Astray, astray}} {
		var got []string
		for _, e := range list.got {
			got = append(got, text(e))
		}
		slices.Sort(got)
		slices.Sort(list.want)
		inOrder := slices.IsSortedFunc(list.got, func(a, b gc.Edge) int {
			return cmp.Or(compareNodes(g.Node(a.From), g.Node(b.From)), compareNodes(g.Node(a.To), g.Node(b.To)), compareReasons(a.Reason, b.Reason))
		})
		if !slices.Equal(got, list.want) || !inOrder {
			return fmt.Errorf("the %s of %v are %v (in order: %t) and not %v", list.name, n, got, inOrder, list.want)
		}
	}
	return nil
}

// checkLimits checks that limited lists are the beginnings of the whole lists.
func (d *drawn) checkLimits(g *gc.Graph, x *gc.Explanation) error {
	for n, limits := range map[int]gc.Limits{1: {Chains: 1, Roots: 1, Edges: 1}, 2: {Chains: 2, Roots: 2, Edges: 2}, 16: {Chains: -1}} {
		some, want := gc.Why(g, x.ID, limits), *x
		want.Chains, want.Roots = want.Chains[:min(n, len(want.Chains))], want.Roots[:min(n, len(want.Roots))]
		want.Referrers, want.Astray = want.Referrers[:min(n, len(want.Referrers))], want.Astray[:min(n, len(want.Astray))]
		if got, want := fmt.Sprintf("%+v", *some), fmt.Sprintf("%+v", want); got != want {
			return fmt.Errorf("%v with at most %d: %s and not %s", g.Node(x.ID), n, got, want)
		}
	}
	return nil
}

// checkDominators compares the dominators of each node with the nodes that no path avoids.
func checkDominators(d *drawn, g *gc.Graph, _ *rand.Rand) error {
	all, tree := d.reached(), gc.Dominators(g)
	hasFlats := slices.ContainsFunc(d.statements, func(s statement) bool { return s.from != objectOf(s.from) || s.to != objectOf(s.to) })
	around := map[gc.Node]visits{}
	for _, n := range d.nodes {
		around[n] = d.walk(func(v gc.Node) bool { return objectOf(v) == n }, outside)
	}
	for _, n := range d.nodes {
		unavoidable := 0
		for _, other := range d.nodes {
			if other != n && all[flatOf(n)] && !around[other][flatOf(n)] {
				unavoidable++
			}
		}
		above := []gc.Node{n}
		for id, ok := tree.Dominator(idOf(g, n)); ok; id, ok = tree.Dominator(id) {
			other := g.Node(id)
			if slices.Contains(above, other) || around[other][flatOf(n)] || around[other][flatOf(above[len(above)-1])] {
				return fmt.Errorf("%v does not dominate %v, above which are %v", other, n, above)
			}
			above = append(above, other)
		}
		if got := len(above) - 1; got > unavoidable || got < unavoidable && !hasFlats || tree.Reached(idOf(g, n)) != all[flatOf(n)] {
			return fmt.Errorf("%v has the dominators %v, and %d nodes are unavoidable", n, above[1:], unavoidable)
		}
	}
	return nil
}

// checkHoldings deletes each object, and compares the losses with the answers about the object.
func checkHoldings(d *drawn, g *gc.Graph, _ *rand.Rand) error {
	all, tree := d.reached(), gc.Dominators(g)
	before, bytesBefore := d.weigh(all)
	holdings := map[gc.Node]gc.Holding{}
	for _, n := range d.nodes {
		id, want, alone := idOf(g, n), gc.Holding{ID: idOf(g, n)}, []gc.Node(nil)
		if _, exists := d.weights[n]; exists && all[flatOf(n)] {
			less := d.without(n)
			left := less.reached()
			after, bytesAfter := less.weigh(left)
			want.Retained, want.RetainedObjects = bytesBefore-bytesAfter, before-after
			alone = d.objects(func(o gc.Node) bool { return all[flatOf(o)] && (o == n || !left[flatOf(o)]) })
			from := n
			if !all[n] {
				from = flatOf(n)
			}
			objects, bytes := d.weigh(d.walk(nil, from))
			want.Shared, want.SharedObjects = bytes-want.Retained, objects-want.RetainedObjects
		}
		if got := tree.Holding(id); got != want || tree.Retained(id) != want.Retained {
			return fmt.Errorf("%v holds %+v and not %+v", n, got, want)
		}
		if got := nodesOf(g, tree.Alone(id)); !slices.Equal(got, alone) {
			return fmt.Errorf("%v alone keeps %v and not %v", n, got, alone)
		}
		holdings[n] = want
	}
	var top []gc.Holding
	for _, n := range d.objects(func(n gc.Node) bool {
		return slices.ContainsFunc(d.statements, func(s statement) bool { return s.from == outside && !s.missed && objectOf(s.to) == n })
	}) {
		top = append(top, holdings[n])
	}
	slices.SortStableFunc(top, func(a, b gc.Holding) int { return cmp.Compare(b.Retained, a.Retained) })
	for limit := range 3 {
		want := top
		if limit > 0 {
			want = top[:min(limit, len(top))]
		}
		if got := tree.Top(limit); !slices.Equal(got, want) {
			return fmt.Errorf("the top %d are %+v and not %+v", limit, got, want)
		}
	}
	return nil
}

// checkAttribution makes holders of some roots. It deletes all holders but one, and compares the rest with the sets
// of that holder.
func checkAttribution(d *drawn, g *gc.Graph, _ *rand.Rand) error {
	var holders [][]gc.ID
	var rest [][]gc.ID
	for i, root := range g.Roots() {
		switch {
		case root.Flat && (i == 0 || g.Roots()[i-1].ID != root.ID):
			return nil // a flat root does not decide about the full visit
		case root.Flat:
		case i%4 == 3:
			rest = append(rest, []gc.ID{root.ID}) // becomes a holder of its own
		case i%4 == 1:
			holders[len(holders)-1] = append(holders[len(holders)-1], root.ID)
		default:
			holders = append(holders, []gc.ID{root.ID})
		}
	}
	a := gc.Attribute(g, holders)
	holders = append(holders, rest...)
	if a.Len() != len(holders) {
		return fmt.Errorf("%d holders and not %d", a.Len(), len(holders))
	}
	sets, all := map[gc.Node][]uint32{}, d.reached()
	for h, members := range holders {
		if !slices.Equal(a.Members(h), members) {
			return fmt.Errorf("holder %d has %v and not %v", h, nodesOf(g, a.Members(h)), nodesOf(g, members))
		}
		var others []gc.Node
		for i, members := range holders {
			if i != h {
				others = append(others, nodesOf(g, members)...)
			}
		}
		less := d.without(others...)
		left := less.reached()
		for _, n := range less.objects(func(n gc.Node) bool { return left[flatOf(n)] }) {
			if owner := slices.IndexFunc(holders, func(m []gc.ID) bool { return slices.Contains(m, idOf(g, n)) }); owner < 0 || owner == h {
				sets[n] = append(sets[n], uint32(h))
			}
		}
	}
	want := map[string]gc.Share{}
	add := func(set []uint32, objects int, bytes int64) {
		share := want[fmt.Sprint(set)]
		share.Objects, share.Bytes = share.Objects+objects, share.Bytes+bytes
		want[fmt.Sprint(set)] = share
	}
	for n, weight := range d.weights {
		if set := a.Sets()[a.Set(idOf(g, n))]; fmt.Sprint(set.Holders) != fmt.Sprint(sets[n]) || set.Many {
			return fmt.Errorf("%v belongs to the holders %v and not %v of %v", n, set.Holders, sets[n], holders)
		}
		if (len(sets[n]) > 0) != all[flatOf(n)] {
			return fmt.Errorf("no holder keeps %v", n)
		}
		add(sets[n], 1, weight)
	}
	for name, weights := range d.shared {
		var set []uint32
		for _, n := range d.existing(name) {
			set = append(set, sets[n]...)
		}
		if slices.Sort(set); len(d.existing(name)) > 0 {
			add(slices.Compact(set), 0, slices.Max(slices.Collect(maps.Values(weights))))
		}
	}
	for i, share := range a.Sets() {
		name := fmt.Sprint(share.Holders)
		if share.Objects == 0 && share.Bytes == 0 {
			continue
		}
		if want[name].Objects != share.Objects || want[name].Bytes != share.Bytes || len(share.Holders) == 0 && i > 0 {
			return fmt.Errorf("the holders %s keep %+v and not %+v", name, share, want[name])
		}
		delete(want, name)
	}
	for name, share := range want {
		if share.Objects > 0 || share.Bytes > 0 {
			return fmt.Errorf("no set of the holders %s", name)
		}
	}
	return nil
}
