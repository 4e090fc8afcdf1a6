package parity

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

// checkTracker states and withdraws the records of a graph in a Tracker. After each change it compares the Tracker with
// walks over the statements that hold.
func checkTracker(d *drawn, r *rand.Rand) error {
	d = d.only(func(s statement) bool { return !s.joint }) // a Tracker takes none
	t := gc.NewTracker(r.IntN(3))
	now := &drawn{nodes: d.nodes, weights: map[gc.Node]int64{}}
	listed, before := map[gc.Node]bool{}, visits{}
	for round := range 12 {
		for range 1 + r.IntN(2) { // changes before they are settled
			changed := slices.DeleteFunc(slices.Clone(d.nodes), func(gc.Node) bool { return round > 0 && r.IntN(4) > 0 })
			for _, n := range changed {
				if id, known := t.Lookup(n); known {
					t.Withdraw(id)
				}
			}
			now = now.without(changed...)
			for _, n := range changed {
				if weight, exists := d.weights[n]; exists && r.IntN(5) > 0 {
					now.weights[n] = weight
					t.Define(t.Intern(n), weight)
				}
			}
			for _, s := range d.statements {
				if slices.Contains(changed, s.record) && !s.missed && r.IntN(4) > 0 {
					now.statements = append(now.statements, s)
					d.stateIn(t, s, r)
				}
			}
		}
		reported := map[gc.Node]bool{}
		for _, id := range t.Settle() {
			reported[t.Node(id)] = true
		}
		if err := now.agrees(t, before, reported); err != nil {
			return fmt.Errorf("round %d: %v\nwith %v", round, err, now)
		}
		before = now.reached()
		garbage := now.objects(func(n gc.Node) bool { return !before[flatOf(n)] })
		var fresh []gc.Node
		for _, id := range t.NewGarbage() {
			fresh = append(fresh, t.Node(id))
		}
		for _, n := range d.nodes {
			if isNew, is := slices.Contains(fresh, n), slices.Contains(garbage, n); isNew && !is || is && !isNew && !listed[n] {
				return fmt.Errorf("%v is new garbage: %t", n, isNew)
			}
		}
		if r.IntN(2) == 0 {
			ids := t.Garbage()
			var got []gc.Node
			for _, id := range ids {
				got = append(got, t.Node(id))
			}
			if slices.SortFunc(got, compareNodes); !slices.Equal(got, garbage) || !slices.IsSorted(ids) {
				return fmt.Errorf("the garbage is %v with the IDs %v, and not %v", got, ids, garbage)
			}
			clear(listed)
			for _, n := range garbage {
				listed[n] = true
			}
		}
	}
	for _, n := range d.nodes {
		if id, known := t.Lookup(n); known {
			t.Withdraw(id)
		}
	}
	if t.Settle(); t.Nodes() != 0 || len(t.Garbage()) != 0 {
		return fmt.Errorf("%d nodes without statements, garbage %v", t.Nodes(), t.Garbage())
	}
	return nil
}

// stateIn makes a statement. Claim is another way for an edge.
func (d *drawn) stateIn(t *gc.Tracker, s statement, r *rand.Rand) {
	if s.from == outside || s.from != objectOf(s.from) || s.to != objectOf(s.to) || r.IntN(2) == 0 {
		s.make(t)
		return
	}
	t.Claim(t.Intern(s.record), t.Intern(s.from), t.Intern(s.to))
}

// agrees compares a Tracker with the statements that hold. It gets the visits that were reached before, and the objects
// that the Tracker reports as reached since.
func (d *drawn) agrees(t *gc.Tracker, before visits, reported map[gc.Node]bool) error {
	all := d.reached()
	named := visits{} // objects and flat visits with statements
	for n := range d.weights {
		named[n] = true
	}
	for _, s := range d.statements {
		for _, v := range []gc.Node{s.from, s.to, objectOf(s.from), objectOf(s.to)} {
			named[v] = true
		}
	}
	delete(named, outside)
	if got := t.Nodes(); got < len(named) || got > 2*len(named) { // flat visits may outlive their statements
		return fmt.Errorf("%d nodes and not %d", got, len(named))
	}
	for _, n := range d.nodes {
		id, known := t.Lookup(n)
		reached := known && t.Reached(id)
		_, exists := d.weights[n]
		switch {
		case known != named[n] || known && t.Node(id) != n:
			return fmt.Errorf("%v is known: %t", n, known)
		case reached != all[flatOf(n)] || exists != (known && t.Exists(id)):
			return fmt.Errorf("%v is reached: %t", n, reached)
		case reached && !before[flatOf(n)] && !reported[n] || reported[n] && !reached:
			return fmt.Errorf("%v is reported as reached: %t", n, reported[n])
		}
		if !known {
			continue
		}
		below := map[gc.Node]bool{}
		for _, id := range t.Below([]gc.ID{id}) {
			below[t.Node(id)] = true
		}
		want := map[gc.Node]bool{}
		for v := range d.walk(nil, n) {
			want[objectOf(v)] = true
		}
		if !maps.Equal(below, want) {
			return fmt.Errorf("below %v are %v and not %v", n, below, want)
		}
		var same []gc.Node
		for _, id := range t.IDs(n.Type, n.Namespace) {
			same = append(same, t.Node(id))
		}
		slices.SortFunc(same, compareNodes)
		if want := d.objects(func(o gc.Node) bool { return o.Type == n.Type && o.Namespace == n.Namespace }); !slices.Equal(same, want) {
			return fmt.Errorf("the objects beside %v are %v and not %v", n, same, want)
		}
	}
	return nil
}
