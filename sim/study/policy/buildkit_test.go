package policy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// record returns a build record of one byte that was last used so many minutes before noon; never if negative.
func record(id string, minutes int, change ...func(*policy.Candidate)) policy.Candidate {
	c := policy.Candidate{ID: id, Kind: policy.Build, Size: 1}
	if minutes >= 0 {
		c.LastUsed = at(-time.Duration(minutes) * time.Minute)
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func on(parents ...string) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.Parents = parents }
}

func used(times int) func(*policy.Candidate) { return func(c *policy.Candidate) { c.Uses = times } }

func typed(t policy.RecordType) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.Type = t }
}

func busy(c *policy.Candidate)    { c.InUse = true }
func shared(c *policy.Candidate)  { c.Shared = true }
func mutable(c *policy.Candidate) { c.Mutable = true }
func second(c *policy.Candidate)  { c.Inactive = true }

func uncommitted(c *policy.Candidate) { c.Uncommitted = true }

func sized(bytes int64) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.Size = bytes }
}

func bytes(n int64) policy.Amount { return policy.Amount{Bytes: n} }

func TestBuildkitRules(t *testing.T) {
	capped := func(n int64) policy.Rule { return policy.Rule{MaxUsedSpace: bytes(n)} }
	for _, c := range []struct {
		fact  string
		rules []policy.Rule
		items []policy.Candidate
		want  []string
	}{
		{"at equality one more goes", []policy.Rule{capped(2)},
			[]policy.Candidate{record("a", 2), record("b", 1)}, []string{"a"}},
		{"below the cap nothing goes", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2), record("b", 1)}, nil},
		{"without a cap all go", []policy.Rule{{}},
			[]policy.Candidate{record("a", 2), record("b", 1), record("c", -1)}, []string{"a", "b", "c"}},
		{"reserved alone is a cap", []policy.Rule{{ReservedSpace: bytes(2)}},
			[]policy.Candidate{record("a", 2), record("b", 1), record("c", 0)}, []string{"a", "b"}},
		{"children go before their parents", []policy.Rule{{}},
			[]policy.Candidate{record("a", 9), record("b", 5, on("a")), record("c", 1, on("b"))}, []string{"c", "b", "a"}},
		{"with two parents both wait", []policy.Rule{{}},
			[]policy.Candidate{record("a", 9), record("b", 9), record("c", 1, on("a", "b"))}, []string{"c", "a", "b"}},
		{"what is in use stays, and holds its parents", []policy.Rule{{All: true}},
			[]policy.Candidate{record("a", 9), record("b", 9, on("a"), busy), record("c", 9)}, []string{"c"}},
		{"keepDuration pins whole ancestries", []policy.Rule{{KeepDuration: time.Hour}},
			[]policy.Candidate{record("a", 900), record("b", 900, on("a")), record("c", 1, on("b")), record("d", 900)}, []string{"d"}},
		{"keepDuration spares what was used after it only", []policy.Rule{{KeepDuration: time.Hour}},
			[]policy.Candidate{record("after", 59), record("at", 60)}, []string{"at"}},
		{"keepDuration does not spare what was never used", []policy.Rule{{KeepDuration: time.Hour}},
			[]policy.Candidate{record("a", -1)}, []string{"a"}},
		{"slice items mean or", []policy.Rule{{Filter: []string{"type==source.local", "type==exec.cachemount"}}},
			[]policy.Candidate{record("a", 1, typed(policy.SourceLocal)), record("b", 1, typed(policy.ExecCacheMount)), record("c", 1)}, []string{"a", "b"}},
		{"commas mean and", []policy.Rule{{Filter: []string{"type==source.local,mutable"}}},
			[]policy.Candidate{record("a", 1, typed(policy.SourceLocal)), record("b", 1, typed(policy.SourceLocal), mutable)}, []string{"b"}},
		{"no type is regular", []policy.Rule{{Filter: []string{"type==regular"}}},
			[]policy.Candidate{record("a", 1), record("b", 1, typed(policy.SourceLocal))}, []string{"a"}},
		{"internal, frontend and shared need all", []policy.Rule{{}},
			[]policy.Candidate{record("a", 1, typed(policy.Internal)), record("b", 1, typed(policy.Frontend)), record("c", 1, shared)}, nil},
		{"all takes them", []policy.Rule{{All: true}},
			[]policy.Candidate{record("a", 1, typed(policy.Internal)), record("b", 1, typed(policy.Frontend)), record("c", 1, shared)}, []string{"a", "b", "c"}},
		{"the inactive half of a pair stays", []policy.Rule{{All: true}},
			[]policy.Candidate{record("a", 1), record("b", 1, second)}, []string{"a"}},
		{"the cap is for the whole cache, not what the rule is for", []policy.Rule{{Filter: []string{"type==source.local"}, MaxUsedSpace: bytes(10)}},
			[]policy.Candidate{record("a", 1, sized(20)), record("b", 1, typed(policy.SourceLocal))}, []string{"b"}},
		{"what is shared does not count", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2), record("b", 1), record("c", 9, shared, sized(50))}, nil},
		{"nor do the ancestors of a shared record", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2, sized(5)), record("b", 1, on("a"), shared), record("c", 9)}, nil},
		{"the inactive half of a pair does not count", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2), record("b", 1, second, sized(5))}, nil},
		{"what is in use counts", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2), record("b", 9, busy, sized(5))}, []string{"a"}},
		{"what is being written does not", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2), record("b", 9, busy, mutable, sized(5))}, nil},
		{"what can be written but is not in use does", []policy.Rule{capped(3)},
			[]policy.Candidate{record("a", 2), record("b", 1, mutable, sized(5))}, []string{"a", "b"}},
		{"the next rule counts anew", []policy.Rule{{Filter: []string{"id==c"}}, capped(2)},
			[]policy.Candidate{record("a", 3), record("b", 2), record("c", 1)}, []string{"c", "a"}},
		{"an unknown field matches nothing", []policy.Rule{{Filter: []string{"size==1"}}},
			[]policy.Candidate{record("a", 1)}, nil},
		{"images are none of its business", []policy.Rule{{All: true}},
			[]policy.Candidate{image("a", 1)}, nil},
	} {
		t.Run(c.fact, func(t *testing.T) {
			b, err := policy.NewBuildkit(c.rules...)
			if err != nil {
				t.Fatal(err)
			}
			release(t, b, &policy.Shelf{Items: c.items}, noon, nil, c.want...)
		})
	}
}

// TestBuildkitMinFreeOfNothingLeftEmptiesTheRule: if the cache must free all its bytes, keep returns 0, which means no
// cap.
func TestBuildkitMinFreeOfNothingLeftEmptiesTheRule(t *testing.T) {
	b, err := policy.NewBuildkit(policy.Rule{MinFreeSpace: bytes(52)})
	if err != nil {
		t.Fatal(err)
	}
	s := &policy.Shelf{Capacity: 100, Free: 50, Items: []policy.Candidate{record("a", 1), record("b", 9)}}
	release(t, b, s, noon, nil, "a", "b") // by ID, not by score
}

// TestBuildkitEndsAfterAFailedRemoval: the rest of the batch is removed, later rules do not apply, and later calls skip
// the record.
func TestBuildkitEndsAfterAFailedRemoval(t *testing.T) {
	b, err := policy.NewBuildkit(policy.Rule{Filter: []string{"private"}}, policy.Rule{All: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &policy.Shelf{
		Items:  []policy.Candidate{record("a", 1), record("b", 1, on("e")), record("c", 1), record("d", 1, shared), record("e", 1)},
		Refuse: refuse("b"),
	}
	release(t, b, s, noon, errStuck, "a", "c")
	s.Refuse = nil
	release(t, b, s, noon, nil, "d") // b stays, and its parent
}

// TestBuildkitMeasuresCacheMounts: a rule with a limit measures records that no build committed. The first measurement
// after a use counts as a use.
func TestBuildkitMeasuresCacheMounts(t *testing.T) {
	limited, unlimited := policy.Rule{MaxUsedSpace: bytes(100)}, policy.Rule{KeepDuration: time.Hour}
	mount := record("m", 90, mutable, uncommitted)
	for name, c := range map[string]struct {
		rules []policy.Rule
		want  []string
	}{
		"measured first": {[]policy.Rule{limited, unlimited}, nil},
		"not measured":   {[]policy.Rule{unlimited, limited}, []string{"m"}},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := policy.NewBuildkit(c.rules...)
			if err != nil {
				t.Fatal(err)
			}
			s := &policy.Shelf{Items: []policy.Candidate{mount}}
			release(t, b, s, noon, nil, c.want...)
			if c.want != nil {
				return
			}
			release(t, b.Clone(), s, at(59*time.Minute), nil)
			release(t, b.Clone(), s, at(time.Hour), nil, "m") // measured at noon, and not again
		})
	}
}

// TestBuildkitUsesParents: for a record that is older than a restart, the removal is a use of its parent.
func TestBuildkitUsesParents(t *testing.T) {
	old := func(c *policy.Candidate) { c.UsesParents = true }
	b, err := policy.NewBuildkit(policy.Rule{KeepDuration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s := &policy.Shelf{Items: []policy.Candidate{
		record("a", 90), record("b", 90, on("a"), old), record("c", 90), record("d", 90, on("c")),
	}}
	release(t, b, s, noon, nil, "b", "d", "c")
	release(t, b, s, at(time.Hour), nil, "a")
}

// TestBuildkitScore: the score is the rank by last use divided by the highest such rank, plus the same for usage
// counts. The record with the lowest score is removed, and the remaining records are ranked again.
func TestBuildkitScore(t *testing.T) {
	for _, c := range []struct {
		fact  string
		items []policy.Candidate
		want  []string
	}{
		{"oldest and least used first",
			[]policy.Candidate{record("a", 1, used(2)), record("b", 5, used(1)), record("c", 9, used(1))}, []string{"c", "b", "a"}},
		{"never used ranks below the oldest use", // n: 1/3+2/2, d: 2/3+1/2, e: 3/3+1/2; then n and e tie at 3/2
			[]policy.Candidate{record("n", -1, used(1)), record("d", 5), record("e", 1)}, []string{"d", "e", "n"}},
		{"the first date ranks 2 even without a lower one", // x: 2/3+2/2, y: 3/3+1/2; from 1 they would tie
			[]policy.Candidate{record("x", 9, used(2)), record("y", 5)}, []string{"y", "x"}},
		{"a count weighs as much as a date", // x: 2/4+3/3, y: 3/4+2/3, z: 4/4+1/3; then x and y tie at 5/3
			[]policy.Candidate{record("x", 9, used(2)), record("y", 5, used(1)), record("z", 1)}, []string{"z", "x", "y"}},
		{"ties go by ID",
			[]policy.Candidate{record("b", 5, used(3)), record("a", 5, used(3))}, []string{"a", "b"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			b, err := policy.NewBuildkit(policy.Rule{MaxUsedSpace: bytes(1)})
			if err != nil {
				t.Fatal(err)
			}
			release(t, b, &policy.Shelf{Items: append(c.items, record("held", 0, busy))}, noon, nil, c.want...)
		})
	}
}

// naivePrune is a second implementation of a rule with a cap. It sorts all records again for each removal.
func naivePrune(s *policy.Shelf, most int64) (removed []string) {
	items := slices.Clone(s.Items)
	for {
		total := int64(0)
		held := map[string]bool{}
		for _, c := range items {
			total += c.Size
			for _, p := range c.Parents {
				held[p] = true
			}
		}
		var free []policy.Candidate
		for _, c := range items {
			if !held[c.ID] && !c.InUse {
				free = append(free, c)
			}
		}
		if total < most || len(free) == 0 {
			return removed
		}
		score := map[string]float64{}
		rank := func(order func(a, b policy.Candidate) int, higher func(c, last policy.Candidate) bool) {
			slices.SortFunc(free, order)
			last, ranks, r := policy.Candidate{}, map[string]int{}, 1
			for _, c := range free {
				if higher(c, last) {
					r++
				}
				ranks[c.ID], last = r, c
			}
			for id, n := range ranks {
				score[id] += float64(n) / float64(r)
			}
		}
		rank(func(a, b policy.Candidate) int { return a.LastUsed.Compare(b.LastUsed) },
			func(c, last policy.Candidate) bool { return c.LastUsed.After(last.LastUsed) })
		rank(func(a, b policy.Candidate) int { return a.Uses - b.Uses },
			func(c, last policy.Candidate) bool { return c.Uses != last.Uses })
		slices.SortFunc(free, func(a, b policy.Candidate) int {
			switch {
			case score[a.ID] < score[b.ID]:
				return -1
			case score[a.ID] > score[b.ID]:
				return 1
			}
			return strings.Compare(a.ID, b.ID)
		})
		removed = append(removed, free[0].ID)
		items = slices.DeleteFunc(items, func(c policy.Candidate) bool { return c.ID == free[0].ID })
	}
}

// randomCache returns n records, each with up to two earlier records as parents.
func randomCache(random *rand.Rand, n int) (list []policy.Candidate) {
	for i := range n {
		c := record(fmt.Sprintf("%04d", i), random.IntN(20)-2, used(random.IntN(5)), sized(random.Int64N(100)))
		c.InUse = random.IntN(20) == 0
		for range random.IntN(3) {
			if i > 0 {
				c.Parents = append(c.Parents, list[random.IntN(i)].ID)
			}
		}
		list = append(list, c)
	}
	return list
}

func TestBuildkitAgainstTheNaive(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 5))
		s := &policy.Shelf{Items: randomCache(random, 2+random.IntN(40))}
		most := 1 + random.Int64N(1000)
		want := naivePrune(s, most)
		random.Shuffle(len(s.Items), func(i, j int) { s.Items[i], s.Items[j] = s.Items[j], s.Items[i] })
		b, err := policy.NewBuildkit(policy.Rule{MaxUsedSpace: bytes(most)})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Release(noon, s); err != nil || !slices.Equal(s.Removed, want) {
			t.Fatalf("seed %d: evicted %q, %v, want %q", seed, s.Removed, err, want)
		}
	}
}

// TestFirstRuleNeverMatchedBefore202606: a comma joined its three filters into one.
func TestFirstRuleNeverMatchedBefore202606(t *testing.T) {
	for name, want := range map[string][]string{
		"buildkitd": {"a", "b", "c"}, "buildkitd-before-2026-06": nil,
		"dockerd": {"a", "b", "c"}, "dockerd-before-2026-06": nil, "dockerd-before-2025-10": nil,
	} {
		rules, err := policy.DefaultRules(name, 1e12)
		if err != nil {
			t.Fatal(err)
		}
		rules[0].MaxUsedSpace = policy.Amount{} // all selected records
		b, err := policy.NewBuildkit(rules[0])
		if err != nil {
			t.Fatal(err)
		}
		days := 3 * 24 * 60
		s := &policy.Shelf{Items: []policy.Candidate{
			record("a", days, typed(policy.SourceLocal)), record("b", days, typed(policy.ExecCacheMount)),
			record("c", days, typed(policy.SourceGitCheckout)), record("d", days),
		}}
		release(t, b, s, noon, nil, want...)
	}
}

func TestBuildkitDefaultsSeeTheDisk(t *testing.T) {
	b, err := policy.NewBuildkitDefaults("buildkitd")
	if err != nil {
		t.Fatal(err)
	}
	s := &policy.Shelf{Capacity: 100e9, Free: 50e9, Items: []policy.Candidate{
		record("old", 61*24*60, sized(70e9)), record("new", 1, sized(6e9)),
	}}
	release(t, b, s, noon, nil, "old") // 76 GB in a cache of at most 75
}

func TestBuildkitRulesAreChecked(t *testing.T) {
	for name, rules := range map[string][]policy.Rule{
		"no rules": nil,
		"filter":   {{Filter: []string{"type=="}}},
		"rule 2":   {{}, {KeepDuration: -1}},
		"negative": {{MaxUsedSpace: bytes(-1)}},
	} {
		_, err := policy.NewBuildkit(rules...)
		if !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkBuildkit(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			items := randomCache(rand.New(rand.NewPCG(1, 5)), n)
			p, err := policy.NewBuildkit(policy.Rule{MaxUsedSpace: bytes(int64(n) * 25)})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := p.Release(noon, &still{items}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// still is a node on which Remove changes nothing.
type still struct{ items []policy.Candidate }

func (s *still) Disk() (int64, int64)           { return 0, 0 }
func (s *still) Candidates() []policy.Candidate { return slices.Clone(s.items) }
func (s *still) Remove(string) error            { return nil }
