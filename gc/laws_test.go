package gc_test

import (
	"fmt"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
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
	"an attribution accounts for every byte":              attributesAllBytes,
	"recording reasons changes nothing but what they say": explainChangesNothing,
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

// TestLawsInRareCases holds the laws against stories that chance seldom tells.
func TestLawsInRareCases(t *testing.T) {
	for name, s := range map[string]story{
		"a miss in full and a hold in flat come as near": {
			{verb: root, from: 0},
			{verb: edge, from: 0, to: 1, flatTo: true},
			{verb: miss, from: 0, to: 1},
			{verb: miss, from: 1, flatFrom: true, to: 2},
			{verb: edge, from: 1, to: 2},
		},
		"neither visit of the middle alone keeps the end": {
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
		"a root's own record names another root that keeps it": {
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
		for law, holds := range laws {
			if err := holds(s); err != nil {
				t.Errorf("%s: %s: %v\nin\n%v", name, law, err, s)
			}
		}
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
