package report_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// a synthetic policy: its costs in GB on each node.
type made struct {
	name        string
	disk, again []float64
	full        float64
	clairvoyant bool
	evictions   float64
	idle        *compare.Idle
	shorts      *compare.Short
}

// build is the result of a comparison over 10 days that came to these figures.
func build(all ...made) *compare.Result {
	r := &compare.Result{Load: compare.LoadInfo{Kind: "profile", Name: "made"}, Days: 10, Disk: 100e9, Seeds: len(all[0].disk), Every: 86400}
	for _, m := range all {
		r.Policies = append(r.Policies, compare.Policy{Name: m.name, Spec: m.name, Clairvoyant: m.clairvoyant, Idle: m.idle, Short: m.shorts, Metrics: []compare.Metric{
			over("mean bytes", "bytes", m.disk), over("bytes pulled again", "bytes", m.again),
			{Name: "disk full", Unit: "count", Mean: m.full, Low: m.full, High: m.full},
			{Name: "evictions", Unit: "count", Mean: m.evictions, Low: m.evictions, High: m.evictions},
		}})
	}
	return r
}

// over is a metric with these values, in GB.
func over(name, unit string, values []float64) compare.Metric {
	m := compare.Metric{Name: name, Unit: unit}
	for _, v := range values {
		m.Values = append(m.Values, v*1e9)
		m.Mean += v * 1e9 / float64(len(values))
	}
	m.Low, m.High = m.Mean*0.9, m.Mean*1.1
	return m
}

// around are five values near x, the smallest of which comes first in every policy.
func around(x float64) []float64 { return []float64{x - 0.1, x, x + 0.1, x - 0.05, x + 0.05} }

var (
	frugal = made{name: "frugal", disk: around(20), again: around(50)}
	middle = made{name: "middle", disk: around(25), again: around(10)}
	greedy = made{name: "greedy", disk: around(60), again: around(5)}
	worse  = made{name: "worse", disk: around(61), again: around(51)}
	oracle = made{name: "oracle", disk: around(15), again: around(4), clairvoyant: true}
)

func (m made) fullBy(times float64) made { m.full = times; return m }
func (m made) evicting() made            { m.evictions = 3; return m }
func (m made) idleBelow(disk int64) made { m.idle = &compare.Idle{Disk: disk}; return m }
func (m made) short(need, freed int64, calls int) made {
	m.shorts = &compare.Short{Calls: calls, Nodes: 2, Need: need, Freed: freed}
	return m
}
func (m made) called(name string) made { m.name = name; return m }

func TestAnswer(t *testing.T) {
	noisy := func(name string, disk, again []float64) made { return made{name: name, disk: disk, again: again} }
	pair := func(m made) made { m.disk, m.again = m.disk[:2], m.again[:2]; return m }
	single := func(m made) made { m.disk, m.again = m.disk[1:2], m.again[1:2]; return m }
	for _, c := range []struct {
		name  string
		of    *compare.Result
		want  string   // the headline
		facts []string // some of the other facts
	}{
		{"a clear winner", build(worse, middle, oracle),
			"Take middle: no other needs less disk, and none pulls less again. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{
				"Next by disk: worse needs 36.0 GB (144 %) more disk and pulls 4.10 GB more again a day. Both are sure, at 95 % confidence.",
				"Foresight: Knowing the future (oracle), 15.0 GB of disk on average and 400 MB a day pulled again would do: 40 % less disk than middle.",
			}},
		{"a compromise", build(greedy, frugal, middle, worse),
			"Take middle: it is the best compromise, with 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{
				"If disk is short: frugal needs 5.00 GB (20 %) less disk and pulls 4.00 GB more again a day. Both are sure, at 95 % confidence.",
				"If pulling hurts: greedy needs 35.0 GB (140 %) more disk and pulls 500 MB (50 %) less again a day. Both are sure, at 95 % confidence.",
			}},
		{"no compromise", build(greedy, frugal),
			"Disk or pulling again, not both: frugal needs 20.0 GB of disk on average and 5.00 GB a day pulled again; greedy needs 60.0 GB of disk on average and 500 MB a day pulled again.",
			[]string{"If disk is short: Against greedy, frugal needs 40.0 GB (67 %) less disk and pulls 4.50 GB more again a day. Both are sure, at 95 % confidence."}},
		{"a tie", build(middle, middle.called("double"), worse),
			"It makes no difference: middle and double came to the same, 25.0 GB of disk on average and 1.00 GB a day pulled again.", nil},
		{"noise", build(noisy("left", []float64{20, 30, 26, 24, 26}, []float64{5, 9, 1, 5, 5}), noisy("right", []float64{30, 20, 25, 26, 24}, []float64{9, 1, 6, 5, 5})),
			"Too close to call: right and left cannot be distinguished by disk or by bytes pulled again.",
			[]string{"How sure: None of the differences is sure over 5 nodes; more may tell."}},
		{"half sure", build(noisy("left", around(20), []float64{5, 9, 1, 5, 5}), noisy("right", around(21), []float64{1, 9, 6, 5, 5})),
			"Take left: no other needs less disk, and none pulls less again. It needs 20.0 GB of disk on average and 500 MB a day pulled again.",
			[]string{"The difference in disk is significant, that in bytes pulled again is not."}},
		{"one node", build(single(worse), single(middle)),
			"Take middle: no other needs less disk, and none pulls less again. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{"How sure that is cannot be said from 1 node: simulate 5 or more."}},
		{"two nodes", build(pair(frugal), pair(greedy)),
			"Disk or pulling again, not both: frugal needs 19.9 GB of disk on average and 5.00 GB a day pulled again; greedy needs 60.0 GB of disk on average and 495 MB a day pulled again.",
			[]string{"How sure that is cannot be said from 2 nodes: simulate 5 or more."}},
		{"none acted", build(middle.called("none"), middle.called("kubelet").idleBelow(40e9), middle.called("ttl").idleBelow(0)),
			"This load does not tell: none of the policies evicted anything on a disk of 100 GB.",
			[]string{
				"Never acted: kubelet and ttl evicted nothing. The use of a disk of 40 GB, for example, would reach the mark.",
				"Recommendation: Compare on a disk of 40 GB, or simulate more days.",
			}},
		{"one acted", build(middle.evicting(), worse.called("lru").idleBelow(0)),
			"Take middle: no other needs less disk, and none pulls less again. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{"Never acted: lru evicted nothing: no image was old enough, or the disk never was full enough."}},
		{"freed too little", build(worse.short(5e9, 0, 12), middle),
			"Take middle: no other needs less disk, and none pulls less again. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{"Freed too little: worse wanted to free 5.00 GB and freed 0 B (the worst of 12 calls on 2 nodes)."}},
		{"foresight that fails", build(worse, middle, oracle.fullBy(2)),
			"Take middle: no other needs less disk, and none pulls less again. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{"Next by disk: worse needs 36.0 GB (144 %) more disk and pulls 4.10 GB more again a day. Both are sure, at 95 % confidence."}},
		{"one policy", build(middle, oracle),
			"middle needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{"Compared with: nothing: name a second policy for that."}},
		{"only clairvoyant", build(oracle),
			"There is nothing to choose from: only policies that know the future were compared, and no node can run those.",
			[]string{"oracle: would get by with 15.0 GB of disk on average and 400 MB a day pulled again."}},
		{"all ran full", build(frugal.fullBy(3), greedy.fullBy(1.5), oracle),
			"None of these will do: the disk ran full under every combination.",
			[]string{"Closest: greedy: disk full 1.5 times on each node in 10 days. Its other figures are void, since failed requests distort them.", "A larger disk: Use a larger disk than 100 GB, or evict more, earlier."}},
		{"one ran full", build(frugal.fullBy(1), middle, worse),
			"Take middle: no other needs less disk, and none pulls less again. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{`Out of the question: The disk ran full under the policy "frugal" (once on each node).`}},
		{"all but one ran full", build(frugal.fullBy(0.1), middle),
			"Take middle: it is the only one under which no disk ran full. It needs 25.0 GB of disk on average and 1.00 GB a day pulled again.",
			[]string{`under the policy "frugal" (less than once on each node)`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := page(t, c.of)
			if c.name == "foresight that fails" && strings.Contains(text, "Knowing the future") {
				t.Error("a clairvoyant policy under which the disk ran full is compared")
			}
			if got := words(between(text, `<p class="headline">`, "</p>")); got != c.want {
				t.Errorf("headline is\n  %s\nwant\n  %s", got, c.want)
			}
			facts := words(between(text, `<dl class="facts">`, "</dl>"))
			for _, fact := range c.facts {
				if !strings.Contains(facts, fact) {
					t.Errorf("%q is not among the facts:\n  %s", fact, facts)
				}
			}
		})
	}
}

// TestDistribution checks the least, the quartiles and the most of the nodes' values. Without the values of two nodes
// there is no table.
func TestDistribution(t *testing.T) {
	spread := made{name: "spread", disk: []float64{50, 20, 30, 40, 10}, again: []float64{1, 2, 3, 4, 6}}
	text := words(page(t, build(spread, worse.fullBy(1))))
	for _, want := range []string{
		"spread disk 10.0 GB 20.0 GB 30.0 GB 40.0 GB 50.0 GB",
		"spread pulled again a day 100 MB 200 MB 300 MB 400 MB 600 MB",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(text, "worse disk") {
		t.Error("void figures are in the distribution")
	}
	if r := build(made{name: "one", disk: []float64{1}, again: []float64{1}}); strings.Contains(page(t, r), "Distribution over") {
		t.Error("a distribution of one node")
	}
}

// TestAnswerByIntervals checks which differences are significant if the nodes' values are unknown.
func TestAnswerByIntervals(t *testing.T) {
	for _, c := range []struct {
		far  float64
		want string
	}{{40, "Both are sure, at 95 % confidence."}, {26, "Neither is sure over 5 nodes; more may tell."}} {
		r := build(middle, made{name: "other", disk: around(c.far), again: around(c.far)})
		r.Policies[1].Metrics[1] = over("bytes pulled again", "bytes", around(10*c.far/25))
		for i := range r.Policies {
			for k := range r.Policies[i].Metrics {
				r.Policies[i].Metrics[k].Values = nil
			}
		}
		if facts := words(page(t, r)); !strings.Contains(facts, c.want) {
			t.Errorf("%v GB against 25: not said: %s", c.far, c.want)
		}
	}
}

// TestDefault checks that the page says how nodes do that nobody tuned.
func TestDefault(t *testing.T) {
	const containerd = "containerd:pause=0.02,deletions=0,mutations=100,delay=0s,startup=100ms"
	for _, c := range []struct{ release, who string }{
		{"kubelet:high=85,low=80,minage=2m,maxage=0s", "a Kubernetes node"},
		{"none", "containerd on its own"},
	} {
		r := build(middle, worse)
		r.Policies[1].Collect, r.Policies[1].Release = containerd, c.release
		want := fmt.Sprintf("The default: By default (worse), %s needs 61.0 GB", c.who)
		if text := words(page(t, r)); !strings.Contains(text, want) {
			t.Errorf("%s: not said: %s", c.release, want)
		}
		r.Policies[0], r.Policies[1].Collect = r.Policies[1], "never"
		r.Policies[1].Metrics = build(worse.called("third")).Policies[0].Metrics
		r.Policies[0].Metrics = build(frugal).Policies[0].Metrics
		if text := words(page(t, r)); !strings.Contains(text, "is the default of "+c.who+": nothing needs changing.") {
			t.Errorf("%s: not said that the default is best", c.release)
		}
	}
}

// TestDefaultRanFull checks that the answer names a default that works, or else says why the default fails.
func TestDefaultRanFull(t *testing.T) {
	const containerd = "containerd:pause=0.02,deletions=0,mutations=100,delay=0s,startup=100ms"
	r := build(frugal, worse.fullBy(3), greedy)
	r.Policies[1].Collect, r.Policies[1].Release = containerd, "kubelet:high=85,low=80,minage=2m,maxage=0s"
	if text := words(page(t, r)); !strings.Contains(text, "does not serve this load: disk full 3 times on each node.") {
		t.Error("not said that the default fills the disk")
	}
	r.Policies[2].Collect, r.Policies[2].Release = containerd, "none"
	if text := words(page(t, r)); !strings.Contains(text, "By default (greedy), containerd on its own needs") {
		t.Error("the default that works is not the one that is named")
	}
}

// TestNoDefault checks that a default policy with another schedule is not the default of nodes.
func TestNoDefault(t *testing.T) {
	r := build(middle, worse)
	r.Policies[1].Collect, r.Policies[1].Release = "interval:every=1h", "none"
	if text := words(page(t, r)); strings.Contains(text, "The default") {
		t.Error("an interval of an hour is taken for a default")
	}
}

func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}

var (
	leads = regexp.MustCompile(`</dt><dd>`)
	tags  = regexp.MustCompile(`<[^>]*>`)
	space = regexp.MustCompile(`[\s\x{a0}]+`)
)

// words returns the visible text of a part of a page.
func words(text string) string {
	text = tags.ReplaceAllString(leads.ReplaceAllString(text, ": "), " ")
	return strings.TrimSpace(space.ReplaceAllString(html.UnescapeString(text), " "))
}
