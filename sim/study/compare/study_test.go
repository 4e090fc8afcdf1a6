package compare_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// policies parses specifications.
func policies(t *testing.T, specs ...string) (list []compare.Combination) {
	t.Helper()
	for _, spec := range specs {
		c, err := compare.ParseCombination(spec)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

// run runs a study to its end.
func run(t *testing.T, s compare.Study) *compare.Result {
	t.Helper()
	r, err := compare.Begin(s)
	if err == nil {
		err = r.Run(2, nil, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Result()
}

func bytesOf(t *testing.T, r *compare.Result) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// figure is the mean of a metric.
func figure(t *testing.T, r *compare.Result, policy int, name string) float64 {
	t.Helper()
	for _, m := range r.Policies[policy].Metrics {
		if m.Name == name {
			return m.Mean
		}
	}
	t.Fatalf("no metric %q", name)
	return 0
}

// One study and one seed give the same bytes: in steps, on one goroutine and on two; another seed gives others.
func TestSameBytes(t *testing.T) {
	for _, profile := range []string{"edge", "ci-runner"} {
		s := compare.Study{Profile: profile, Days: 0.7, Seeds: 2, Seed: 7, Policies: policies(t, "kubelet+buildkit", "interval:6h+lru", "watermark:50%+ttl:after=1d")}
		want := bytesOf(t, run(t, s))
		for workers := range 3 {
			r, err := compare.Begin(s)
			if err != nil {
				t.Fatal(err)
			}
			if workers > 0 {
				err = r.Run(workers, nil, nil)
			}
			for done := workers > 0; !done && err == nil; {
				done, err = r.Step()
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := bytesOf(t, r.Result()); got != want {
				t.Errorf("%s, %d workers: another result", profile, workers)
			}
		}
		s.Seed++
		if bytesOf(t, run(t, s)) == want {
			t.Errorf("%s: another seed gives the same", profile)
		}
	}
}

// A poorNode has only the methods that every node has.
type poorNode struct{ policy.Node }

// A naive policy finds its node poor.
type naive struct{ policy.Policy }

func (n naive) Release(now time.Time, node policy.Node) error {
	return n.Policy.Release(now, poorNode{node})
}

func (n naive) Evict(now time.Time, node policy.Node) error {
	if k, ok := n.Policy.(*policy.Kubelet); ok {
		return k.Evict(now, poorNode{node})
	}
	return nil
}

func (n naive) Clone() policy.Policy { return naive{n.Policy.Clone()} }

// TestRichNode simulates policies that list all candidates at each call, and the same ones that ask their node for
// changes and for candidates of one kind. They decide the same.
func TestRichNode(t *testing.T) {
	for _, c := range []struct {
		profile, spec string
		disk          int64
	}{
		{"edge", "kubelet:high=50,low=40", 0},
		{"edge", "kubelet:maxage=6h", 15e9}, // full now and then
		{"edge", "kubelet:hard=40%,soft=60%,grace=1h", 0},
		{"build-host", "buildkit", 40e9},
	} {
		t.Run(c.profile+" "+c.spec, func(t *testing.T) {
			p, err := policy.Parse(c.spec, nil)
			if err != nil {
				t.Fatal(err)
			}
			r := run(t, compare.Study{
				Profile: c.profile, Days: 2, Seeds: 1, Disk: c.disk, NoClairvoyant: true, FixedDisk: true,
				Policies: []compare.Combination{policies(t, c.spec)[0], {Own: naive{p}}},
			})
			if figure(t, r, 0, "evictions") == 0 {
				t.Error("nothing was evicted")
			}
			rich, poor := r.Policies[0], r.Policies[1]
			poor.Spec, poor.Name, poor.Release = rich.Spec, rich.Name, rich.Release
			if !reflect.DeepEqual(rich, poor) {
				t.Errorf("with all methods %+v\nwithout %+v", rich.Metrics, poor.Metrics)
			}
		})
	}
}

// An observer follows the changes of images, and compares what it knows with the candidates.
type observer struct {
	policy.None
	t      *testing.T
	inUse  map[string]bool
	mark   *int
	checks *int
}

func (observer) Rhythm() policy.Rhythm { return policy.Rhythm{Every: 7 * time.Minute} }

func (o observer) Clone() policy.Policy { return o }

func (o observer) Release(now time.Time, node policy.Node) error {
	changes, mark := node.(policy.Tracker).Changes(*o.mark)
	*o.mark = mark
	for _, c := range changes {
		if o.inUse[c.ID] = c.InUse; c.Gone {
			delete(o.inUse, c.ID)
		}
	}
	images := map[string]bool{}
	for _, c := range node.Candidates() {
		if c.Kind == policy.Image {
			images[c.ID] = c.InUse
		}
	}
	if *o.checks++; !maps.Equal(images, o.inUse) {
		o.t.Errorf("%s: the images are %v, by their changes %v", now, images, o.inUse)
	}
	return nil
}

// TestChanges follows the changes of images on a small disk, with images that are pulled and not run.
func TestChanges(t *testing.T) {
	load := draw(t, "edge", 5, 10)
	for i, e := range load.Events {
		if e.Run != nil && i%3 == 0 {
			load.Events[i] = compare.Event{At: e.At, Pull: e.Run.Image}
		}
	}
	o := observer{t: t, inUse: map[string]bool{}, mark: new(int), checks: new(int)}
	r := run(t, compare.Study{
		Load: load, Disk: 8e9, NoClairvoyant: true, FixedDisk: true,
		Policies: []compare.Combination{{Release: []string{"ttl:after=2h", "kubelet"}, Own: o}},
	})
	if n := figure(t, r, 0, "evictions"); n < 10 || *o.checks < 1000 {
		t.Errorf("%v evictions, %d checks", n, *o.checks)
	}
}

// TestRepeat compares the results of a grid, of which many settings decide the same, with those of nodes that are
// simulated one by one: they are equal, and the grid takes fewer steps.
func TestRepeat(t *testing.T) {
	for _, c := range []struct {
		name  string
		days  float64
		specs []string
		steps int
	}{
		{"thresholds", 3, []string{"kubelet:high=70..75/5,low=50..60/10", "kubelet:high=75,low=70..72/1", "kubelet:high=98..99/1,low=97"}, 12},
		{"others", 1, []string{"kubelet:high=98,low=50", "interval:6h+kubelet:high=99,low=50", "kubelet:high=98..99/1,low=50+ttl:after=1d", "kubelet:high=99,low=40"}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compare.Study{Profile: "k8s-node", Days: c.days, Seeds: 1, Disk: 70e9, NoClairvoyant: true, FixedDisk: true}
			for _, spec := range c.specs {
				r, err := compare.ParseRange(spec)
				if err != nil {
					t.Fatal(err)
				}
				s.Policies = append(s.Policies, r.Combinations()...)
			}
			grid, err := compare.Begin(s)
			if err != nil {
				t.Fatal(err)
			}
			steps := 0
			if err := grid.Run(1, nil, func() bool { steps++; return false }); err != nil {
				t.Fatal(err)
			}
			single, err := compare.Begin(s)
			if err != nil {
				t.Fatal(err)
			}
			for i := range single.Nodes() {
				data, err := single.RunNode(i, func() bool { return false })
				if err == nil {
					err = single.SetNode(i, data)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			got, want := grid.Result(), single.Result()
			for i := range want.Policies {
				if a, b := got.Policies[i], want.Policies[i]; !reflect.DeepEqual(a, b) {
					t.Errorf("%s: the grid has %+v %+v\nits nodes %+v %+v", a.Name, a.Short, a.Metrics, b.Short, b.Metrics)
				}
			}
			if all := single.Progress().Total; steps != c.steps {
				t.Errorf("%d of %d steps, want %d", steps, all, c.steps)
			}
		})
	}
}

// A study that is stopped goes on where it was.
func TestStop(t *testing.T) {
	s := compare.Study{Profile: "edge", Days: 4, Seeds: 2, Policies: policies(t, "kubelet", "none")}
	want := bytesOf(t, run(t, s))
	r, err := compare.Begin(s)
	if err != nil {
		t.Fatal(err)
	}
	for rounds := 1; ; rounds++ {
		steps := 0
		if err := r.Run(2, nil, func() bool { steps++; return steps > 5 }); err != nil {
			t.Fatal(err)
		}
		if p := r.Progress(); p.Done == p.Total {
			if rounds < 3 {
				t.Errorf("only %d rounds", rounds)
			}
			break
		}
	}
	if got := bytesOf(t, r.Result()); got != want {
		t.Error("another result")
	}
}

// Progress counts days, and has the series of the node at work as far as it is.
func TestProgress(t *testing.T) {
	r, err := compare.Begin(compare.Study{Profile: "edge", Days: 3, Seeds: 2, Seed: 5, Policies: policies(t, "kubelet", "lru"), NoClairvoyant: true})
	if err != nil {
		t.Fatal(err)
	}
	if names := strings.Join(r.Policies(), ","); names != "kubelet,lru" {
		t.Errorf("policies %s", names)
	}
	points := 0
	for done := 0; ; done++ {
		p := r.Progress()
		if p.Done != done || p.Total != 2*2*3 {
			t.Fatalf("after %d steps: %d of %d", done, p.Done, p.Total)
		}
		if done == p.Total {
			if p.Policy != "" || len(p.Series) != 0 {
				t.Errorf("at the end: %+v", p)
			}
			break
		}
		if p.Day != done%3 || p.Seed != 5+uint64(done/6) || p.Index != done/3%2 || p.Policy != r.Policies()[p.Index] {
			t.Errorf("after %d steps: %s %d, seed %d, day %d", done, p.Policy, p.Index, p.Seed, p.Day)
		}
		if p.Day > 0 && len(p.Series) <= points {
			t.Errorf("after %d steps: %d points, before %d", done, len(p.Series), points)
		}
		points = len(p.Series)
		if _, err := r.Step(); err != nil {
			t.Fatal(err)
		}
	}
	if done, err := r.Step(); !done || err != nil {
		t.Errorf("a step after the end: %v, %v", done, err)
	}
}

// A result has the documented fields.
func TestResultShape(t *testing.T) {
	r := run(t, compare.Study{Profile: "edge", Days: 3, Seeds: 3, Policies: policies(t, "kubelet", "interval:1h+lru:high=60,low=50"), Disk: 20e9})
	if r.Load.Kind != "profile" || r.Load.Name != "edge" || r.Load.About == "" || len(r.Load.Notes) == 0 || !r.Start.Equal(engine.Start) {
		t.Errorf("load %+v, start %s", r.Load, r.Start)
	}
	if r.Days != 3 || r.Disk != 20e9 || r.Other != 8e9 || r.Seeds != 3 || len(r.Costs) < 2 || len(r.Policies) != 3 {
		t.Errorf("%+v", r)
	}
	metrics := compare.Metrics()
	for i, p := range r.Policies {
		if last := i == 2; p.Clairvoyant != last || last && p.Efficient {
			t.Errorf("%s: clairvoyant %v, efficient %v", p.Name, p.Clairvoyant, p.Efficient)
		}
		if again := policies(t, p.Spec)[0]; again.Collect != p.Collect || strings.Join(again.Release, "+") != p.Release {
			t.Errorf("spec %s: %+v", p.Spec, again)
		}
		if len(p.Metrics) != len(metrics) || len(p.PauseModels) != len(r.Costs) || len(p.Holders) == 0 {
			t.Errorf("%s: %d metrics, %d pause models, %d holders", p.Name, len(p.Metrics), len(p.PauseModels), len(p.Holders))
		}
		for j, m := range p.Metrics {
			if m.Name != metrics[j].Name || m.Unit != metrics[j].Unit || metrics[j].Doc == "" || !(m.Low <= m.Mean && m.Mean <= m.High) || len(m.Values) != 3 {
				t.Errorf("%s: %+v", p.Name, m)
			}
		}
		if want := int(3*86400/r.Every) + 1; len(p.Series) != want {
			t.Errorf("%s: %d points, want %d", p.Name, len(p.Series), want)
		}
		for _, at := range p.Series {
			sum := at.Garbage
			for _, pinned := range at.Pinned {
				sum += pinned
			}
			if len(at.Pinned) != len(compare.PinnedBy()) || math.Abs(sum-at.Used) > 1 || at.Low > at.Used+1 || at.High < at.Used-1 {
				t.Errorf("%s: %+v", p.Name, at)
			}
		}
		for j, model := range p.PauseModels {
			count := 0
			for k, b := range model.Buckets {
				if count += b.Count; k > 0 && b.UpTo <= model.Buckets[k-1].UpTo {
					t.Errorf("%s: buckets %v", p.Name, model.Buckets)
				}
			}
			if model.Cost != r.Costs[j].Name || float64(count) != math.Round(model.Count*3) || model.P50 > model.P95 || model.P95 > model.Max {
				t.Errorf("%s: %d pauses in %+v", p.Name, count, model)
			}
		}
	}
}

// Omitted settings have defaults, and invalid settings are errors.
func TestBeginRefuses(t *testing.T) {
	other, negative := int64(99e9), int64(-1)
	load := &compare.Load{Start: engine.Start, End: engine.Start.Add(time.Hour)}
	for name, c := range map[string]struct {
		study compare.Study
		want  string
	}{
		"profile":          {compare.Study{Profile: "desktop"}, "known are"},
		"profile text":     {compare.Study{ProfileText: "name: x"}, "about"},
		"two profiles":     {compare.Study{Profile: "edge", ProfileText: "name: x"}, "cannot be combined"},
		"load and profile": {compare.Study{Profile: "edge", Load: load}, "cannot be combined"},
		"no time":          {compare.Study{Load: &compare.Load{Start: engine.Start, End: engine.Start}}, "takes no time"},
		"days":             {compare.Study{Days: -1}, "-1 days: must be above 0"},
		"days NaN":         {compare.Study{Days: math.NaN()}, "must be above 0"},
		"long":             {compare.Study{Days: 4000}, "at most 3660"},
		"seeds":            {compare.Study{Seeds: -1}, "-1 seeds"},
		"many seeds":       {compare.Study{Seeds: 10_001}, "from 1 to 10000"},
		"disk":             {compare.Study{Disk: 20e9}, "there is no free space"},
		"other":            {compare.Study{Disk: 99e9, Other: &other}, "there is no free space"},
		"negative":         {compare.Study{Other: &negative}, "there is no free space"},
		"policy":           {compare.Study{Policies: []compare.Combination{{Collect: "hourly"}}}, `schedule "hourly": unknown`},
		"release":          {compare.Study{Policies: []compare.Combination{{Release: []string{"lifo"}}}}, `policy "lifo": unknown`},
		"twice":            {compare.Study{Policies: policies(t, "kubelet", "lru", "containerd+kubelet:high=85")}, "policies 1 and 3 are the same"},
		"many":             {compare.Study{Policies: make([]compare.Combination, 1001)}, "at most 1000"},
	} {
		_, err := compare.Begin(c.study)
		if !errors.Is(err, errdefs.ErrInvalidArgument) && !errors.Is(err, errdefs.ErrNotFound) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Every profile has policies of its own to compare, and runs.
func TestDefaults(t *testing.T) {
	for _, profile := range []string{"", "ci-runner", "build-host", "edge", "multi-tenant"} {
		r := run(t, compare.Study{Profile: profile, Days: 0.25, Seeds: 1})
		if n := len(r.Policies); n < 5 || !r.Policies[n-1].Clairvoyant {
			t.Errorf("%q: %d policies", profile, n)
		}
		if profile == "" && r.Load.Name != compare.DefaultProfile {
			t.Errorf("default profile %s", r.Load.Name)
		}
		for i, p := range r.Policies {
			if !(figure(t, r, i, "mean bytes") > 0) {
				t.Errorf("%q, %s: no bytes", profile, p.Name)
			}
		}
	}
}

// TestNodesApart runs each node of a study apart, the last one first, and joins the results in another Running. The
// result has the bytes of one run.
func TestNodesApart(t *testing.T) {
	for _, profile := range []string{"k8s-node", "edge"} {
		t.Run(profile, func(t *testing.T) {
			s := compare.Study{Profile: profile, Days: 1.5, Seeds: 2, Policies: policies(t, "kubelet")}
			begin := func() *compare.Running {
				r, err := compare.Begin(s)
				if err != nil {
					t.Fatal(err)
				}
				return r
			}
			apart, joined := begin(), begin()
			for i := joined.Nodes() - 1; i >= 0; i-- {
				results, err := apart.RunNode(i, func() bool { return false })
				if err == nil {
					err = joined.SetNode(i, results)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if p := joined.Progress(); p.Done != p.Total {
				t.Errorf("%+v", p)
			}
			got, err := json.Marshal(joined.Result())
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(run(t, s))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("got\n%.2000s\nwant\n%.2000s", got, want)
			}
			if _, err := apart.RunNode(0, func() bool { return true }); !errors.Is(err, compare.ErrStopped) {
				t.Errorf("got %v", err)
			}
			if _, err := apart.RunNode(apart.Nodes(), nil); !errdefs.IsInvalidArgument(err) {
				t.Errorf("got %v", err)
			}
			if err := joined.SetNode(0, []byte("x")); !errdefs.IsInvalidArgument(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}
