package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

func parse(t *testing.T, spec string, future policy.Future) policy.Policy {
	t.Helper()
	p, err := policy.Parse(spec, future)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func lastUsed(minutes int) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.LastUsed = at(-time.Duration(minutes) * time.Minute) }
}

func created(minutes int) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.Created = at(-time.Duration(minutes) * time.Minute) }
}

func expires(minutes int) func(*policy.Candidate) {
	return func(c *policy.Candidate) { c.Expire = at(time.Duration(minutes) * time.Minute) }
}

func pinned(c *policy.Candidate) { c.Pinned = true }

// thing returns an image of ten bytes.
func thing(id string, change ...func(*policy.Candidate)) policy.Candidate {
	c := image(id, 10)
	for _, f := range change {
		f(&c)
	}
	return c
}

func TestNoneLetsGoOfNothing(t *testing.T) {
	release(t, parse(t, "none", nil), shelf(90, thing("a", expires(-9))), noon, nil)
}

func TestLRU(t *testing.T) {
	for _, c := range []struct {
		fact   string
		others int64
		items  []policy.Candidate
		class  error
		want   []string
	}{
		{"below the mark", 64, []policy.Candidate{thing("a"), thing("b")}, nil, nil},
		{"at the mark down to the low one", 65, []policy.Candidate{thing("a", lastUsed(1)), thing("b", lastUsed(2))}, nil, []string{"b"}},
		{"never used counts from its creation", 70, []policy.Candidate{thing("a", lastUsed(5)), thing("b", created(9)), thing("c", created(1), lastUsed(7))}, nil, []string{"b", "c"}},
		{"in use and pinned stay", 65, []policy.Candidate{thing("a", busy), thing("b", pinned)}, policy.ErrShort, nil},
		{"ties go by ID", 65, []policy.Candidate{thing("b"), thing("a")}, nil, []string{"a"}},
		{"build records too, children before their parents", 55,
			[]policy.Candidate{record("a", 9, sized(10)), record("b", 1, sized(10), on("a")), record("c", 5, sized(10))}, nil, []string{"c"}},
		{"a parent that may not go stays when its children have gone", 75,
			[]policy.Candidate{record("a", 9, sized(10), pinned), record("b", 5, sized(10), on("a"))}, policy.ErrShort, []string{"b"}},
		{"a parent goes as soon as it can, if its turn was before", 70,
			[]policy.Candidate{record("a", 9, sized(10)), record("b", 5, sized(5), on("a")), record("c", 1, sized(5))}, nil, []string{"b", "a"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			release(t, parse(t, "lru", nil), shelf(c.others, c.items...), noon, c.class, c.want...)
		})
	}
}

func TestLRUGoesOnAfterAFailedRemoval(t *testing.T) {
	s := shelf(65, thing("a"), thing("b"))
	s.Refuse = refuse("a")
	release(t, parse(t, "lru", nil), s, noon, errStuck, "b")
}

func TestMarksNeedTheSizeOfTheDisk(t *testing.T) {
	for _, spec := range []string{"lru", "clairvoyant"} {
		release(t, parse(t, spec, policy.Uses{}), &policy.Shelf{}, noon, policy.ErrNoDisk)
	}
}

func TestTTL(t *testing.T) {
	for _, c := range []struct {
		fact, spec string
		items      []policy.Candidate
		want       []string
	}{
		{"after its time, not at it", "ttl", []policy.Candidate{thing("at", expires(0)), thing("after", expires(-1)), thing("none")}, []string{"after"}},
		{"in use or pinned, as containerd's collector does", "ttl", []policy.Candidate{thing("a", expires(-1), busy), thing("b", expires(-1), pinned)}, []string{"a", "b"}},
		{"by age what has no label", "ttl:after=5m", []policy.Candidate{thing("a", lastUsed(6)), thing("b", created(9), lastUsed(5)), thing("c", created(6))}, []string{"a", "c"}},
		{"but not what is in use or pinned", "ttl:after=5m", []policy.Candidate{thing("a", lastUsed(6), busy), thing("b", lastUsed(6), pinned)}, nil},
		{"the label comes before age", "ttl:after=5m", []policy.Candidate{thing("a", lastUsed(6), expires(1))}, nil},
		{"build records, children before their parents", "ttl:after=5m", []policy.Candidate{record("a", 9), record("b", 6, on("a")), record("c", 6), record("d", 1, on("c"))}, []string{"b", "a"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			release(t, parse(t, c.spec, nil), shelf(0, c.items...), noon, nil, c.want...)
		})
	}
}

func uses(minutes ...int) (list []time.Time) {
	for _, m := range minutes {
		list = append(list, at(time.Duration(m)*time.Minute))
	}
	return list
}

func TestClairvoyant(t *testing.T) {
	for _, c := range []struct {
		fact, spec string
		others     int64
		items      []policy.Candidate
		future     policy.Uses
		want       []string
	}{
		{"what is never used again goes at once", "clairvoyant", 0,
			[]policy.Candidate{thing("a"), thing("b")}, policy.Uses{"a": uses(-5), "b": uses(-5, 5)}, []string{"a"}},
		{"a use now is a use to come", "clairvoyant", 0, []policy.Candidate{thing("a")}, policy.Uses{"a": uses(0)}, nil},
		{"in use and pinned stay", "clairvoyant", 0, []policy.Candidate{thing("a", busy), thing("b", pinned)}, nil, nil},
		{"above the mark the latest next use goes first", "clairvoyant", 70,
			[]policy.Candidate{thing("a"), thing("b")}, policy.Uses{"a": uses(5), "b": uses(6)}, []string{"b"}},
		{"or the largest, by size times wait", "clairvoyant", 60,
			[]policy.Candidate{thing("a"), image("b", 20)}, policy.Uses{"a": uses(11), "b": uses(6)}, []string{"b"}},
		{"what went for nothing counts", "clairvoyant", 65,
			[]policy.Candidate{thing("a"), thing("b")}, policy.Uses{"a": uses(5)}, []string{"b"}},
		{"idle evicts candidates that wait longer", "clairvoyant:idle=5m", 0,
			[]policy.Candidate{thing("a"), thing("b")}, policy.Uses{"a": uses(5), "b": uses(6)}, []string{"b"}},
		{"a record stays for its children", "clairvoyant", 0,
			[]policy.Candidate{record("a", 1), record("b", 1, on("a")), record("c", 1), record("d", 1, on("c"))}, policy.Uses{"b": uses(5)}, []string{"d", "c"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			release(t, parse(t, c.spec, c.future), shelf(c.others, c.items...), noon, nil, c.want...)
		})
	}
}

// replay serves a thousand uses of a catalogue on a disk that holds half of it. It calls the policy before each use and
// returns the bytes pulled again.
func replay(t *testing.T, seed uint64, policyOf func(policy.Future) policy.Policy) (pulled int64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 9))
	var catalogue []policy.Candidate
	all := int64(0)
	for i := range 60 {
		c := image(fmt.Sprintf("%02d", i), 1+random.Int64N(50))
		catalogue = append(catalogue, c)
		all += c.Size
	}
	future := policy.Uses{}
	var order []int
	for i := range 1000 {
		n := int(60 * random.Float64() * random.Float64())
		order = append(order, n)
		future[catalogue[n].ID] = append(future[catalogue[n].ID], at(time.Duration(i)*10*time.Minute))
	}
	p := policyOf(future)
	s := &policy.Shelf{Capacity: all / 2, Free: all / 2}
	for i, n := range order {
		now := at(time.Duration(i) * 10 * time.Minute)
		_ = p.Release(now, s)
		c := catalogue[n]
		at := slices.IndexFunc(s.Items, func(x policy.Candidate) bool { return x.ID == c.ID })
		if at < 0 {
			c.Created = now
			s.Items = append(s.Items, c)
			at, s.Free, pulled = len(s.Items)-1, s.Free-c.Size, pulled+c.Size
		}
		s.Items[at].LastUsed = now
	}
	return pulled
}

// TestClairvoyantPullsLessThanAllOthers compares the policies on each of many loads.
func TestClairvoyantPullsLessThanAllOthers(t *testing.T) {
	for seed := range uint64(5) {
		made := func(spec string) int64 {
			return replay(t, seed, func(f policy.Future) policy.Policy { return parse(t, spec, f) })
		}
		bound := made("clairvoyant:high=70,low=70")
		for _, spec := range []string{"lru:high=70,low=70", "kubelet:high=70,low=69", "ttl:after=2h"} {
			if got := made(spec); got <= bound {
				t.Errorf("seed %d: %s pulls %d bytes, clairvoyant %d", seed, spec, got, bound)
			}
		}
	}
}

// TestOrderOfCandidatesDoesNotMatter shuffles the candidates.
func TestOrderOfCandidatesDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	items := randomCache(random, 60)
	for i := range 60 {
		items = append(items, thing(fmt.Sprint("image", i), lastUsed(random.IntN(9)), expires(random.IntN(9)-4)))
	}
	for _, k := range policy.Kinds() {
		var want []string
		for range 5 {
			random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
			s := &policy.Shelf{Capacity: 10000, Free: 500, Items: slices.Clone(items)}
			p := parse(t, k.Name, policy.Uses{})
			for _, minutes := range []int{0, 5, 10} {
				_ = p.Release(at(time.Duration(minutes)*time.Minute), s)
			}
			if want == nil {
				want = s.Removed
			}
			if !slices.Equal(s.Removed, want) {
				t.Errorf("%s: evicts %q, or %q", k.Name, s.Removed, want)
			}
		}
	}
}
