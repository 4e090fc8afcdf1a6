package gc_test

import (
	"fmt"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/holdfast-gc/holdfast/gc"
)

// A law must hold for every script. It returns an error that describes the violation.
type law func(s script) error

var laws = map[string]law{
	"marking agrees with containerd":                           marksAsContainerd,
	"a plan agrees with the naive implementation":              plansAsNaive,
	"a deletion equals a graph without the record":             deletesAsRebuilt,
	"unrooting equals a graph without the root":                unrootsAsRebuilt,
	"the retained size equals the bytes that a deletion frees": retainsWhatDeletingFrees,
	"every path passes through the dominators":                 dominatorsAreUnavoidable,
	"Why lists the shortest chains with the fewest misses":     explainsAsNaive,
	"edges from Follow count like edges of the graph":          followAddsEdges,
	"results do not depend on the order of calls":              orderDoesNotMatter,
	"Why lists exactly the roots that lead to the node":        listsLeadingRoots,
	"usage adds up to the plan":                                usageAddsUp,
	"an attribution accounts for every byte":                   attributesAllBytes,
	"recording reasons changes no plan":                        explainChangesNoPlan,
	"a Tracker agrees after every change":                      tracksChanges,
}

// seed selects the random scripts.
const seed = 20260801

func lawParameters() *gopter.TestParameters {
	parameters := gopter.DefaultTestParametersWithSeed(seed)
	parameters.MinSuccessfulTests = 1600 // for TestSituations
	parameters.MaxSize = 60
	return parameters
}

func TestLaws(t *testing.T) {
	for name, law := range laws {
		t.Run(name, func(t *testing.T) {
			properties := gopter.NewProperties(lawParameters())
			properties.Property(fmt.Sprintf("%s (seed %d)", name, seed), prop.ForAll(
				func(numbers []uint32) (string, error) {
					for _, p := range []palette{sparse, dense} {
						if s := p.script(numbers); law(s) != nil {
							return "", fmt.Errorf("%w\nin\n%v", law(s), s)
						}
					}
					return "", nil
				},
				gen.SliceOf(gen.UInt32()),
			))
			properties.TestingRun(t)
		})
	}
}

// situationsOf returns the situation of each kept object: whether it has a flat visit, its name has a back reference, a
// joint edge leads to it, it shares bytes with another object, and it has a dangling reference.
func situationsOf(g *gc.Graph, s script) (all []string) {
	marks, reached := gc.Mark(g, gc.WhatIf{}), s.reached()
	for id := range gc.ID(g.Len()) {
		if !marks.Kept(id) {
			continue
		}
		flat, back, flatBack, joint, shared, dangling := false, false, false, false, false, false
		holders := map[int]map[gc.Node]bool{}
		for _, c := range s {
			from, to := nodeOf(c.from), nodeOf(c.to)
			flat = flat || from == g.Node(id) && c.flatFrom || to == g.Node(id) && c.flatTo
			back = back || c.verb == backEdge && from == g.Node(id) && !c.flatFrom
			flatBack = flatBack || c.verb == backEdge && from == g.Node(id) && c.flatFrom
			joint = joint || c.verb == jointEdge && to == g.Node(id) && from != to && reached[from]
			if other, ok := g.Lookup(from); c.verb == bytes && ok && g.Exists(other) {
				if holders[c.to] == nil {
					holders[c.to] = map[gc.Node]bool{}
				}
				holders[c.to][from] = true
			}
		}
		for _, of := range holders {
			shared = shared || of[g.Node(id)] && len(of) > 1
		}
		for e := range g.Edges(id) {
			dangling = dangling || !g.Exists(e.To)
		}
		all = append(all, fmt.Sprintf("flat=%t back=%t flatback=%t joint=%t shared=%t dangling=%t", flat, back, flatBack, joint, shared, dangling))
	}
	return all
}

// TestSituations checks that the scripts of TestLaws reach every combination of a flat visit, back references from the
// full and from the flat visit, a joint edge to the object, shared bytes, and a dangling reference. The laws delete
// each kept object in turn, so every combination is reached for the deleted object and, with a second kept object, for
// another one.
func TestSituations(t *testing.T) {
	deleted, spared, sizes := map[string]int{}, map[string]int{}, 0
	prop.ForAll(func(numbers []uint32) bool {
		for _, p := range []palette{sparse, dense} {
			s := p.script(numbers)
			all := situationsOf(s.build(), s)
			for _, situation := range all {
				deleted[situation]++
				if len(all) > 1 {
					spared[situation]++
				}
			}
			sizes += disagreements(s)
		}
		return true
	}, gen.SliceOf(gen.UInt32())).Check(lawParameters())
	for combination := range 64 {
		bit := func(i int) bool { return combination>>i&1 == 1 }
		situation := fmt.Sprintf("flat=%t back=%t flatback=%t joint=%t shared=%t dangling=%t", bit(0), bit(1), bit(2), bit(3), bit(4), bit(5))
		if bit(2) && !bit(0) {
			continue // a back reference from a flat visit makes the flat visit
		}
		if deleted[situation] < 5 || spared[situation] < 5 {
			t.Errorf("%s: deleted %d times, spared %d times", situation, deleted[situation], spared[situation])
		}
	}
	if sizes < 100 {
		t.Errorf("holders disagree on the size of shared bytes only %d times", sizes)
	}
}

// disagreements returns the number of keys for which two holders state different sizes.
func disagreements(s script) (n int) {
	least, most := map[int]int64{}, map[int]int64{}
	for _, c := range s {
		if c.verb == bytes {
			if _, ok := least[c.to]; !ok {
				least[c.to] = c.weight
			}
			least[c.to], most[c.to] = min(least[c.to], c.weight), max(most[c.to], c.weight)
		}
	}
	for key := range least {
		if least[key] != most[key] {
			n++
		}
	}
	return n
}

// TestLawsInRareCases checks the laws on scripts that rarely occur at random.
func TestLawsInRareCases(t *testing.T) {
	for name, s := range map[string]script{
		"a missed full visit is as near as a flat visit": {
			{verb: root, from: 0},
			{verb: edge, from: 0, to: 1, flatTo: true},
			{verb: miss, from: 0, to: 1},
			{verb: miss, from: 1, flatFrom: true, to: 2},
			{verb: edge, from: 1, to: 2},
		},
		"each visit of an object alone keeps the last one": {
			{verb: define, from: 0, weight: 1},
			{verb: define, from: 1, weight: 2},
			{verb: define, from: 2, weight: 4},
			{verb: define, from: 3, weight: 8},
			{verb: root, from: 0},
			{verb: root, from: 3},
			{verb: edge, from: 0, to: 1},
			{verb: edge, from: 3, to: 1, flatTo: true},
			{verb: edge, from: 1, to: 2},
			{verb: edge, from: 1, flatFrom: true, to: 2, flatTo: true},
		},
		"the record of a root states a back edge from another root": {
			{verb: define, from: 0, weight: 1},
			{verb: define, from: 1, weight: 2},
			{verb: define, from: 2, weight: 4},
			{verb: root, from: 0},
			{verb: root, from: 2},
			{verb: backEdge, from: 2, to: 0},
			{verb: backEdge, from: 0, to: 1},
		},
		"a joint edge goes with the deleted object, and a back reference from its name too": {
			{verb: define, from: 0, weight: 1},
			{verb: define, from: 1, weight: 2},
			{verb: define, from: 2, weight: 4},
			{verb: define, from: 3, weight: 8},
			{verb: root, from: 0},
			{verb: root, from: 3},
			{verb: jointEdge, from: 0, to: 1},
			{verb: edge, from: 3, to: 1},
			{verb: jointEdge, from: 0, to: 3},
			{verb: backEdge, from: 1, to: 2},
			{verb: backEdge, from: 3, to: 2},
		},
		"the name of a deleted root is still visited flat": {
			{verb: define, from: 0, weight: 1},
			{verb: define, from: 1, weight: 2},
			{verb: define, from: 2, weight: 4},
			{verb: root, from: 0},
			{verb: root, from: 2},
			{verb: edge, from: 2, to: 0},
			{verb: backEdge, from: 0, flatFrom: true, to: 1},
		},
	} {
		for title, law := range laws {
			t.Run(name+"/"+title, func(t *testing.T) {
				if err := law(s); err != nil {
					t.Errorf("%v\nin\n%v", err, s)
				}
			})
		}
	}
}

func FuzzLaws(f *testing.F) {
	f.Add([]byte("an arbitrary graph"))
	f.Add([]byte{0, 0, 0, 0, 4, 0, 0, 0, 0x15, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var numbers []uint32
		for len(data) >= 4 && len(numbers) < 80 {
			numbers = append(numbers, uint32(data[0])|uint32(data[1])<<8|uint32(data[2])<<16|uint32(data[3])<<24)
			data = data[4:]
		}
		for _, p := range []palette{sparse, dense} {
			s := p.script(numbers)
			for name, law := range laws {
				if err := law(s); err != nil {
					t.Fatalf("%s: %v\nin\n%v", name, err, s)
				}
			}
		}
	})
}
