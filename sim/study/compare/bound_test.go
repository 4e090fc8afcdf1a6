package compare_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

var boundLoads = flag.Int("bounds", 24, "number of random loads of TestBounds")

// A hasty policy deletes images and build records with a probability, every few minutes, and images in use as well.
type hasty struct {
	every  time.Duration
	chance float64
	inUse  bool
	seed   uint64
	random *rand.Rand
}

func (h *hasty) Name() string          { return "hasty" }
func (h *hasty) String() string        { return fmt.Sprintf("hasty:every=%s,chance=%g", h.every, h.chance) }
func (h *hasty) Rhythm() policy.Rhythm { return policy.Rhythm{Every: h.every} }
func (h *hasty) Clone() policy.Policy {
	clone := *h
	clone.random = rand.New(rand.NewPCG(h.seed, 7))
	return &clone
}

func (h *hasty) Release(_ time.Time, node policy.Node) error {
	for again := true; again; { // parents can go after their children
		again = false
		for _, c := range node.Candidates() {
			if (!c.InUse || h.inUse) && h.random.Float64() < h.chance && node.Remove(c.ID) == nil {
				again = true
			}
		}
	}
	return nil
}

// randomLoad returns a load of few images that share layers, and of few build records, so that requests repeat. It has
// bursts, events at one time, several images of one name, and images that other namespaces have as well.
func randomLoad(random *rand.Rand) *compare.Load {
	l := &compare.Load{Start: engine.Start, Info: compare.LoadInfo{Kind: "trace", Name: "random"}}
	var images []*compare.Image
	var layers []compare.Layer
	for i := range 2 + random.IntN(8) {
		image := &compare.Image{Namespace: fmt.Sprint("ns-", random.IntN(2)), Name: fmt.Sprint("image-", random.IntN(10)), Family: "image"}
		if len(images) > 0 && random.IntN(4) == 0 { // the same content under another name or in another namespace
			of := images[random.IntN(len(images))]
			image.Manifest, image.Config, image.Layers = of.Manifest, of.Config, of.Layers
		} else {
			if len(layers) > 0 {
				image.Layers = slices.Clone(layers[:random.IntN(len(layers))])
			}
			for range random.IntN(4) {
				name := fmt.Sprintf("%d of %d", len(image.Layers), i)
				image.Layers = append(image.Layers, compare.Layer{
					Blob: compare.Blob{Digest: digest.FromString("layer " + name), Size: int64(random.IntN(1000))}, Chain: digest.FromString("chain " + name), Unpacked: int64(random.IntN(3000)),
				})
			}
			layers = image.Layers
			image.Manifest = compare.Blob{Digest: digest.FromString(fmt.Sprint("manifest ", i)), Size: 2}
			image.Config = compare.Blob{Digest: digest.FromString(fmt.Sprint("config ", i)), Size: 8}
		}
		if random.IntN(3) == 0 {
			image.Expire = time.Duration(1+random.IntN(20)) * time.Hour
		}
		images = append(images, image)
	}
	var records []*compare.Record
	for i := range 6 {
		r := &compare.Record{ID: fmt.Sprint("build/record-", i), Size: int64(random.IntN(4000)), Type: string(policy.SourceLocal), Mutable: i%3 == 0}
		if i > 0 && !records[i-1].Mutable {
			r.Parent = records[i-1]
		}
		records = append(records, r)
	}
	at := l.Start
	for i := range 60 {
		at = at.Add(time.Duration(random.IntN(3)*random.IntN(7200)) * time.Second)
		image := images[random.IntN(len(images))]
		add := func(e compare.Event, after time.Duration) {
			e.At = at.Add(after)
			l.Events = append(l.Events, e)
		}
		life := time.Duration(random.IntN(40_000)) * time.Second
		switch random.IntN(6) {
		case 0:
			add(compare.Event{Pull: image}, 0)
		case 1:
			add(compare.Event{Abandon: image}, 0)
		case 2:
			b := &compare.Build{Namespace: "buildkit", Project: "p"}
			for _, r := range records[:1+random.IntN(len(records))] {
				if random.IntN(9) == 0 { // the same record, with another size
					again := *r
					again.Size++
					r = &again
				}
				b.Records = append(b.Records, r)
			}
			add(compare.Event{Build: b}, 0)
			add(compare.Event{Built: b}, life/10)
		default:
			c := &compare.Container{ID: fmt.Sprint("container-", i), Image: image, Written: int64(random.IntN(2000))}
			add(compare.Event{Run: c}, 0)
			add(compare.Event{Remove: c}, life)
		}
	}
	slices.SortStableFunc(l.Events, func(a, b compare.Event) int { return a.At.Compare(b.At) })
	l.End = at.Add(time.Duration(1+random.IntN(100)) * time.Hour)
	return l
}

// randomPolicies returns specifications with random parameters, and custom policies that evict more than any other.
func randomPolicies(t *testing.T, random *rand.Rand, hasten bool) []compare.Combination {
	t.Helper()
	low := random.IntN(60)
	list := policies(t, "none", "never+none", "after-deletion+clairvoyant:idle=1h",
		fmt.Sprintf("kubelet:high=%d,low=%d,minage=0s,maxage=%dh", low+1+random.IntN(39), low, 1+random.IntN(40)),
		fmt.Sprintf("interval:%dm+ttl:after=%dh", 1+random.IntN(200), 1+random.IntN(30)),
		fmt.Sprintf("after-deletion+lru:high=%d,low=%d+buildkit:all=true,reserved=0,max=%dB", low+1, low, random.IntN(5000)))
	if hasten {
		for i, inUse := range []bool{false, true} {
			h := &hasty{every: time.Duration(1+random.IntN(60)*i) * time.Minute, chance: []float64{0.5, 1}[i], inUse: inUse, seed: random.Uint64()}
			list = append(list, compare.Combination{Name: fmt.Sprint("hasty ", i), Collect: "after-deletion", Own: h})
		}
	}
	return list
}

// TestBounds searches for counterexamples to the lower bounds: random loads, profiles and real databases under random
// policies. Run more with "make bounds".
func TestBounds(t *testing.T) {
	compared, tightest := map[string]int{}, map[string]float64{}
	check := func(name string, r *compare.Result) {
		for _, p := range r.Policies {
			for _, m := range p.Metrics {
				switch {
				case p.Void != "" && (m.Least != 0 || m.Bound != 0):
					t.Errorf("%s, %s: %s has a bound, but the policy is void: %s", name, p.Spec, m.Name, p.Void)
				case m.Least == 0:
					continue
				case m.Mean < m.Least*(1-1e-9) || !(m.Bound >= 1):
					t.Errorf("%s, %s: %s is %v, the bound %v, the ratio %v", name, p.Spec, m.Name, m.Mean, m.Least, m.Bound)
				}
				compared[m.Name]++
				if best := tightest[m.Name]; best == 0 || m.Bound < best {
					tightest[m.Name] = m.Bound
				}
			}
		}
	}
	other := int64(0)
	for seed := range uint64(*boundLoads) {
		random := rand.New(rand.NewPCG(seed, 16))
		s := compare.Study{Policies: randomPolicies(t, random, true), Other: &other, NoClairvoyant: true}
		name := fmt.Sprint("load ", seed)
		if s.Load = randomLoad(random); seed%12 == 11 {
			name = fmt.Sprint("profile, seed ", seed)
			s.Load, s.Policies, s.Seeds, s.Seed, s.Days = nil, randomPolicies(t, random, false), 1, seed, 0.2
			s.Profile = []string{"edge", "ci-runner", "k8s-node"}[seed/12%3]
			if seed%24 == 23 {
				s.From, s.Profile, s.Days = open(t, []string{"c242-basic", "c242-labels"}[seed/24%2]), "edge", 15
			}
		} else if s.Disk = 10_000 + random.Int64N(60_000); seed%2 == 0 {
			s.Disk = 1e9
		}
		if seed%3 == 2 { // faults only add bytes
			s.Faults = compare.Faults{Remove: random.Float64(), Snapshotter: random.Float64()}
		}
		check(name, run(t, s))
	}
	t.Logf("%d loads, comparisons %v, least ratios %v", *boundLoads, compared, tightest)
	for _, name := range []string{"mean bytes", "p95 bytes", "peak bytes", "bytes pulled"} {
		// Far from the bounds, the search would not find a wrong one.
		if compared[name] < *boundLoads || tightest[name] > 1.02 || math.IsNaN(tightest[name]) {
			t.Errorf("%s: %d comparisons, least ratio %v: the search is too weak", name, compared[name], tightest[name])
		}
	}
	if len(compared) != 4 {
		t.Errorf("metrics with bounds: %v", compared)
	}
}
