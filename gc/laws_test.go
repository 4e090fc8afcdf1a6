package gc_test

import (
	"fmt"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
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

func TestLaws(t *testing.T) {
	const seed = 20260801
	for name, law := range laws {
		t.Run(name, func(t *testing.T) {
			parameters := gopter.DefaultTestParametersWithSeed(seed)
			parameters.MinSuccessfulTests = 800
			parameters.MaxSize = 60
			properties := gopter.NewProperties(parameters)
			properties.Property(fmt.Sprintf("%s (seed %d)", name, seed), prop.ForAll(
				func(numbers []uint32) (string, error) {
					s := decodeScript(numbers)
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
		s := decodeScript(numbers)
		for name, law := range laws {
			if err := law(s); err != nil {
				t.Fatalf("%s: %v\nin\n%v", name, err, s)
			}
		}
	})
}
