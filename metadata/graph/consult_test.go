package graph_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

const stream = gc.ResourceType(9)

// collectors returns random resources with roots, leases and references in both directions.
func (a author) collectors() *graph.Collectors {
	resource := func() gc.Node { return gc.Node{Type: stream, Namespace: a.pick("default", "other"), Key: a.name()} }
	object := func(ns string) gc.Node {
		n := gc.Node{Type: rules.ResourceContent, Namespace: ns, Key: a.name()}
		switch a.IntN(6) {
		case 0, 1:
			n.Type = stream
		case 2:
			n.Type = rules.ResourceLease
		}
		return n
	}
	active, leased := map[string][]gc.Node{}, map[string][]gc.Node{}
	refs, back := map[gc.Node][]gc.Node{}, map[string][][2]gc.Node{}
	c := &graph.Collectors{Rules: []rules.Rule{rules.OfCollector("stream", stream)}}
	for range a.IntN(6) {
		n := resource()
		c.Nodes = append(c.Nodes, n)
		if a.IntN(3) == 0 {
			active[n.Namespace] = append(active[n.Namespace], n)
		}
		if a.IntN(2) == 0 {
			lease := n.Namespace + a.name()
			leased[lease] = append(leased[lease], n)
		}
		refs[n] = append(refs[n], object(n.Namespace), object(n.Namespace))
		back[n.Namespace] = append(back[n.Namespace], [2]gc.Node{object(n.Namespace), object(n.Namespace)})
	}
	for range 3 { // also of resources that do not exist
		n := resource()
		refs[n] = append(refs[n], object(n.Namespace))
	}
	c.Leased = func(ns, lease string, hold func(gc.Node)) {
		for _, n := range leased[ns+lease] {
			hold(n)
		}
	}
	c.Active = func(ns string, root func(gc.Node), refer func(from, to gc.Node)) {
		for _, n := range active[ns] {
			root(n)
		}
		for _, b := range back[ns] {
			refer(b[0], b[1])
		}
	}
	c.Follow = func(n gc.Node, keep func(gc.Node)) {
		for _, to := range refs[n] {
			keep(to)
		}
	}
	return c
}

// A Live graph that has consulted collectors has the same garbage and the same unreachable resources as Plan with these
// collectors, and has forgotten them after Dismiss.
func TestConsultAgreesWithPlan(t *testing.T) {
	spared, collected := 0, 0
	for seed := range uint64(300) {
		a := author{rand.New(rand.NewPCG(seed, 4)), 5}
		db := memkv.New()
		live := graph.NewLive(0, rules.OfCollector("stream", stream))
		for range 8 {
			now := a.time()
			must(db.Update(func(tx *memkv.Tx) error {
				a.write(tx, a.IntN(40))
				return nil
			}))
			must(db.View(func(tx *memkv.Tx) error {
				_, err := live.Follow(tx, now)
				must(err)
				c := a.collectors()
				alone := live.Garbage()
				p, err := graph.Plan(tx.Freeze(), graph.Options{Now: now, Collectors: c}, nil)
				must(err)
				live.Consult(tx.Freeze(), c)
				want := removedOf(p)
				var got []gc.Node
				for _, n := range alone {
					if !live.Reaches(n) {
						got = append(got, n)
					} else {
						spared++
					}
				}
				for _, n := range c.Nodes {
					if !live.Reaches(n) && !slices.Contains(got, n) {
						got = append(got, n)
						collected++
					}
				}
				slices.SortFunc(got, graph.CompareRemoved)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: garbage %v, want %v", seed, got, want)
				}
				live.Dismiss()
				if again := live.Garbage(); !slices.Equal(again, alone) {
					t.Fatalf("seed %d: after Dismiss the garbage is %v, want %v", seed, again, alone)
				}
				return nil
			}))
		}
		for _, namespace := range []string{"default", "other"} {
			_ = db.Update(func(tx *memkv.Tx) error { return ensure(tx, "v1").DeleteBucket([]byte(namespace)) })
		}
		must(db.View(func(tx *memkv.Tx) error {
			_, err := live.Follow(tx, start)
			live.Consult(tx.Freeze(), &graph.Collectors{})
			live.Dismiss()
			return err
		}))
		if live.Len()+live.Held() != 0 {
			t.Fatalf("seed %d: an empty database has %d nodes and %d entries", seed, live.Len(), live.Held())
		}
	}
	if spared < 200 || collected < 200 {
		t.Errorf("%d objects were kept by collectors, %d resources were collected", spared, collected)
	}
}

func removedOf(p *gc.Plan) []gc.Node {
	nodes := graph.Removed(p)
	slices.SortFunc(nodes, graph.CompareRemoved)
	return nodes
}
