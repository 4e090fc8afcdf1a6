package oracle

import (
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// An Explainer checks explanations of a node's objects against the references of the model. It is valid until the next
// Op. It knows no Collectors, as explanations do.
//
// Invariants: a visit has an entry in distance if a root leads to it; paths has the number of its shortest chains.
type Explainer struct {
	model    *model
	roots    []stop
	next     map[stop][]stop
	previous map[stop][]stop
	distance map[stop]int
	paths    map[stop]uint64
	named    map[string]*slot // by node
}

// A stop is one visit of a slot, in full or flat.
type stop struct {
	*slot
	flat bool
}

// Explainer returns an Explainer for the current state. No transaction may be open.
func (o *Oracle) Explainer() *Explainer {
	x := &Explainer{
		model: o.model, next: map[stop][]stop{}, previous: map[stop][]stop{},
		distance: map[stop]int{}, paths: map[stop]uint64{}, named: map[string]*slot{},
	}
	now := o.now()
	for _, at := range o.model.objects {
		links := at.links()
		x.add(stop{at, true}, links.keeps[:links.along], true)
		x.add(stop{at, false}, links.keeps, false)
		for _, c := range links.when {
			if c.target.object != nil && c.holds(now, c.target.links().usedAt) {
				x.add(stop{at, false}, []*slot{c.target}, false)
			}
		}
		for _, held := range links.held {
			x.add(stop{at, false}, []*slot{held}, links.flat && held.kind != ingest)
		}
		expired := links.expired(now)
		if at.kind == content || at.kind == snapshot || at.kind == container || at.kind == image {
			for _, by := range links.backRefs {
				x.add(stop{by, false}, []*slot{at}, false)
			}
		}
		root := at.kind == container || at.kind == sandbox
		switch at.kind {
		case lease:
			root = !expired
		case image:
			root = !expired || !o.rules.images
		case ingest:
			root = !at.object.expireAt.IsZero() && !at.object.expireAt.Before(now)
		case content, snapshot:
			root = links.root
		}
		if root {
			x.roots = append(x.roots, stop{at, false})
		}
	}
	for _, s := range o.model.spaces {
		for _, at := range s.slots {
			x.named[node(at)] = at
		}
	}
	x.measure()
	return x
}

// Nodes returns the names of all objects, and of the missing objects that references name, sorted.
func (x *Explainer) Nodes() (names []string) {
	for name, at := range x.named {
		if at.kind < kinds && (at.object != nil || len(x.referrers(at)) > 0) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// node returns the name of a slot in an answer.
func node(at *slot) string { return at.kind.String() + "/" + at.space.name + "/" + at.name }

// add adds references, each once.
func (x *Explainer) add(from stop, to []*slot, flat bool) {
	for _, at := range to {
		if s := (stop{at, flat}); !slices.Contains(x.next[from], s) {
			x.next[from] = append(x.next[from], s)
			x.previous[s] = append(x.previous[s], from)
		}
	}
}

// measure counts the shortest chains from the roots, breadth first.
func (x *Explainer) measure() {
	for _, s := range x.roots {
		x.distance[s], x.paths[s] = 0, 1
	}
	for queue := slices.Clone(x.roots); len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		for _, to := range x.next[from] {
			if _, seen := x.distance[to]; !seen {
				x.distance[to] = x.distance[from] + 1
				queue = append(queue, to)
			}
		}
		for _, to := range x.next[from] {
			// A step that reaches an object in full and flat counts once.
			if x.distance[to] == x.distance[from]+1 && !(to.flat && x.takes(from, stop{to.slot, false}, x.distance[to])) {
				x.paths[to] += x.paths[from]
			}
		}
	}
}

// takes reports whether a reference leads from one stop to another, which is that far from the roots.
func (x *Explainer) takes(from, to stop, distance int) bool {
	d, reached := x.distance[to]
	return reached && d == distance && slices.Contains(x.next[from], to)
}

// Check checks an explanation with all its chains, roots and references. No limit may have shortened these lists.
func (x *Explainer) Check(w *examine.Why) *Problem {
	at := x.named[w.Node]
	if at == nil {
		return problem(WrongAnswer, "%s: no record has or names it", w.Node)
	}
	near, chains := -1, uint64(0)
	for _, s := range []stop{{at, false}, {at, true}} {
		switch d, reached := x.distance[s]; {
		case !reached || near >= 0 && d > near:
		case near < 0 || d < near:
			near, chains = d, x.paths[s]
		default:
			chains += x.paths[s]
		}
	}
	kept := near >= 0 && at.object != nil
	if w.Kept != kept || w.Exists != (at.object != nil) || (w.Misses == 0 && len(w.Chains) > 0) != (near >= 0) {
		return problem(WrongAnswer, "%s: kept %t with %d misses, exists %t; it is kept: %t", w.Node, w.Kept, w.Misses, w.Exists, kept)
	}
	for _, chain := range w.Chains {
		if broken := x.broken(chain, at); broken != "" {
			return problem(WrongAnswer, "%s: a chain has a wrong step: %s", w.Node, broken)
		}
		if near >= 0 && len(chain) != near+1 {
			return problem(WrongAnswer, "%s: a chain of %d steps; the shortest has %d", w.Node, len(chain), near+1)
		}
	}
	if near < 0 {
		return x.checkReferrers(w, at)
	}
	if w.ChainCount != chains {
		return problem(WrongAnswer, "%s: %d shortest chains instead of %d", w.Node, w.ChainCount, chains)
	}
	if roots := x.rootsOf(at); w.RootCount != len(roots) || !slices.Equal(slices.Sorted(slices.Values(w.Roots)), roots) {
		return problem(WrongAnswer, "%s: %d roots %v instead of %v", w.Node, w.RootCount, w.Roots, roots)
	}
	return nil
}

// broken returns the first step of a chain that claims a reference or a root that does not exist, or denies one that
// does. It returns "" if there is none.
func (x *Explainer) broken(chain examine.Chain, end *slot) string {
	var last stop
	for i, step := range chain {
		s := stop{x.named[step.Node], step.Flat}
		holds := i == 0 && slices.Contains(x.roots, s) || i > 0 && slices.Contains(x.next[last], s)
		exists := s.slot != nil && s.object != nil
		if holds == step.Missed || step.Exists != exists || len(step.Reasons) == 0 {
			return step.Node
		}
		last = s
	}
	if last.slot != end {
		return "the last"
	}
	return ""
}

// rootsOf returns the names of all roots that lead to a slot, sorted.
func (x *Explainer) rootsOf(at *slot) (names []string) {
	leads := map[stop]bool{}
	pending := []stop{{at, false}, {at, true}}
	for len(pending) > 0 {
		s := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		if !leads[s] {
			leads[s] = true
			pending = append(pending, x.previous[s]...)
		}
	}
	for _, r := range x.roots {
		if leads[r] {
			names = append(names, node(r.slot))
		}
	}
	slices.Sort(names)
	return names
}

// checkReferrers checks the references to a slot that no root leads to, and those to its name in other namespaces.
func (x *Explainer) checkReferrers(w *examine.Why, at *slot) *Problem {
	var astray []string
	for name, s := range x.model.spaces {
		if other := s.slots[at.key]; other != nil && other.object == nil && name != at.space.name {
			astray = append(astray, x.referrers(other)...)
		}
	}
	for _, list := range []struct {
		name      string
		got       []examine.Reference
		referrers []string
	}{{"referrers", w.Referrers, x.referrers(at)}, {"references astray", w.Astray, astray}} {
		var got []string
		for _, r := range list.got {
			got = append(got, r.From)
		}
		slices.Sort(got)
		slices.Sort(list.referrers)
		if got = slices.Compact(got); !slices.Equal(got, slices.Compact(list.referrers)) {
			return problem(WrongAnswer, "%s: %s %v instead of %v", w.Node, list.name, strings.Join(got, " "), list.referrers)
		}
	}
	return nil
}

// referrers returns the names of the slots with a reference to a slot.
func (x *Explainer) referrers(at *slot) (names []string) {
	for _, flat := range []bool{false, true} {
		for _, from := range x.previous[stop{at, flat}] {
			names = append(names, node(from.slot))
		}
	}
	return names
}
