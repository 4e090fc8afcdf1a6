package profile_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

var update = flag.Bool("update", false, "rewrite testdata")

func load(t testing.TB, name string) *profile.Profile {
	t.Helper()
	p, err := profile.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func TestEveryFigureHasItsEvidence(t *testing.T) {
	for _, name := range profile.Names() {
		p := load(t, name)
		if p.Name != name || p.About == "" {
			t.Errorf("%s: calls itself %q", name, p.Name)
		}
		if (name == "ci-runner" || name == "build-host") != (p.Builds != nil) || (name == "multi-tenant") != (p.Tenants != nil) {
			t.Errorf("%s: builds %v, tenants %v", name, p.Builds, p.Tenants)
		}
		figures := p.Figures()
		if len(figures) < 18 {
			t.Errorf("%s: %d figures", name, len(figures))
		}
		for _, f := range figures {
			if f.Figure.Evidence == "" || len(f.Figure.Source) < 10 || f.Doc == "" {
				t.Errorf("%s: %s: %q, %q", name, f.Key, f.Figure.Evidence, f.Figure.Source)
			}
		}
	}
}

// TestSamplesReproduceTheStatedQuantiles of the published figures.
func TestSamplesReproduceTheStatedQuantiles(t *testing.T) {
	const n = 40000
	k8s, ci, shared := load(t, "k8s-node"), load(t, "ci-runner"), load(t, "multi-tenant")
	for _, c := range []struct {
		what   string
		figure profile.Figure
		want   map[float64]float64 // the part of all values that is not above
	}{
		{"layers", k8s.Images.Layers, map[float64]float64{8: 0.5, 18: 0.9, 120: 1}},
		{"layer size, Docker Hub", k8s.Images.LayerSize, map[float64]float64{4e6: 0.5, 63e6: 0.9}},
		{"layer size, IBM", shared.Images.LayerSize, map[float64]float64{1e6: 0.65, 10e6: 0.8}},
		{"replaced within a week", k8s.Images.Release, map[float64]float64{7 * 86400: 0.5}},
		{"lifetime", k8s.Containers.Lifetime, map[float64]float64{10: 22. / 102, 60: 39. / 102, 300: 54. / 102, 3600: 77. / 102, 86400: 86. / 102, 14 * 86400: 98. / 102}},
		{"job", ci.Containers.Lifetime, map[float64]float64{3.3 * 60: 0.5, 26.7 * 60: 0.9}},
	} {
		random := seeded(1)
		var samples []float64
		for range n {
			samples = append(samples, c.figure.Sample(random))
		}
		for x, want := range c.want {
			below := 0
			for _, s := range samples {
				if s <= x*(1+1e-9) {
					below++
				}
			}
			if got := float64(below) / n; math.Abs(got-want) > 0.01 {
				t.Errorf("%s: %.3f are not above %v, want %.3f", c.what, got, x, want)
			}
		}
	}
}

func TestMeansAreAsTheSourcesHaveThem(t *testing.T) {
	for _, c := range []struct {
		what      string
		figure    profile.Figure
		want, off float64
	}{
		{"job: 12 to 13 minutes", load(t, "ci-runner").Containers.Lifetime, 12.5 * 60, 60},
		{"layer, Docker Hub: 47 TB in 1,792,609", load(t, "k8s-node").Images.LayerSize, 26.2e6, 1e6},
		{"layer, IBM: twice 180 TB in 38 M requests", load(t, "ci-runner").Images.LayerSize, 9.5e6, 0.5e6},
		{"step: 92 MB", load(t, "build-host").Builds.StepSize, 92e6, 1e6},
		{"container: 2 days (Datadog 2018)", load(t, "k8s-node").Containers.Lifetime, 2 * 86400, 0.5 * 86400},
	} {
		sum, n := 0.0, 200000
		for i := range n {
			sum += c.figure.Quantile((float64(i) + 0.5) / float64(n))
		}
		if mean := sum / float64(n); math.Abs(mean-c.want) > c.off {
			t.Errorf("%s: mean is %v, want %v", c.what, mean, c.want)
		}
	}
}

// TestPopularityMeetsTheLocalityTarget: the hit ratios of the IBM trace for caches of 5,
// 10 and 15 % of the bytes, by the most popular images alone.
func TestPopularityMeetsTheLocalityTarget(t *testing.T) {
	target := map[float64]float64{0.05: 0.714, 0.10: 0.775, 0.15: 0.793}
	for _, name := range profile.Names() {
		p := load(t, name)
		if name == "edge" {
			continue // too few images, and all in use
		}
		for part, want := range target {
			top := math.Round(part * p.Images.Popularity.Max())
			got := 0
			random := seeded(2)
			for range 20000 {
				if p.Images.Popularity.Sample(random) <= top {
					got++
				}
			}
			if hit := float64(got) / 20000; math.Abs(hit-want) > 0.07 {
				t.Errorf("%s: top %.0f %% draw %.3f, want about %.3f", name, part*100, hit, want)
			}
		}
	}
}

func TestZipfWeighsByRank(t *testing.T) {
	p := load(t, "edge")
	count := map[int]float64{}
	random := seeded(3)
	for range 100000 {
		count[p.Images.Popularity.Count(random)]++
	}
	if len(count) != 20 || count[0] != 0 {
		t.Errorf("draws %v", count)
	}
	for _, rank := range []int{2, 5, 10} {
		want := math.Pow(float64(rank), 0.8)
		if got := count[1] / count[rank]; math.Abs(got-want) > want*0.06 {
			t.Errorf("rank 1 comes %.2f times as often as %d, want %.2f", got, rank, want)
		}
	}
}

// TestSamplesAreTheSameForOneSeed, to the last bit: a hash of a thousand of each figure.
// WebAssembly has to give these, too.
func TestSamplesAreTheSameForOneSeed(t *testing.T) {
	var got strings.Builder
	for _, name := range profile.Names() {
		p := load(t, name)
		for _, f := range p.Figures() {
			random, hash := seeded(4), fnv.New64a()
			for range 1000 {
				var b [8]byte
				binary.LittleEndian.PutUint64(b[:], math.Float64bits(f.Figure.Sample(random)))
				hash.Write(b[:])
			}
			fmt.Fprintf(&got, "%-40s p10 %-12.6g p50 %-12.6g p90 %-12.6g %016x\n", name+" "+f.Key,
				f.Figure.Quantile(0.1), f.Figure.Median(), f.Figure.Quantile(0.9), hash.Sum64())
		}
		random, at := seeded(4), start
		for range 1000 {
			at, _ = p.Containers.Day.Next(at, p.Containers.Starts.Sample(random), random)
		}
		fmt.Fprintf(&got, "%-40s %s\n", name+" thousandth start", at.Format(time.RFC3339Nano))
	}
	if *update {
		if err := os.WriteFile("testdata/samples.txt", []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/samples.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(got.String(), "\n") {
		if old := strings.Split(string(want), "\n"); i >= len(old) || line != old[i] {
			t.Fatalf("line %d: %s\nwant (rewritten by -update): %q", i+1, line, old[min(i, len(old)-1)])
		}
	}
}

// TestEachSampleTakesOneDraw checks all distributions.
func TestEachSampleTakesOneDraw(t *testing.T) {
	for _, name := range profile.Names() {
		for _, f := range load(t, name).Figures() {
			a, b := seeded(5), seeded(5)
			f.Figure.Sample(a)
			b.Float64()
			if a.Uint64() != b.Uint64() {
				t.Errorf("%s %s: not one draw", name, f.Key)
			}
		}
	}
}

func TestWholeNumbers(t *testing.T) {
	p := load(t, "k8s-node")
	random := seeded(6)
	if got := p.Node.Disk.Bytes(random); got != 100e9 {
		t.Error("disk", got)
	}
	if got := p.Containers.Running.Count(random); got != 30 {
		t.Error("running", got)
	}
	if got := load(t, "ci-runner").Images.Expire.Duration(random); got != 7*24*time.Hour {
		t.Error("expire", got)
	}
	happened := 0
	for range 10000 {
		if p.Images.Based.Happens(random) {
			happened++
		}
	}
	if happened < 5800 || happened > 6200 {
		t.Error("based", happened)
	}
	if got := p.Images.Release.Quantile(0); got != 1 {
		t.Error("the least time between two releases is not a second:", got)
	}
	var none profile.Figure
	if none.Sample(random) != 0 || none.Max() != 0 {
		t.Error("the zero figure is not 0")
	}
}

var start = time.Date(2026, 8, 3, 0, 0, 0, 0, time.UTC) // a Monday

func TestDayBringsSoManyADayAtTheHoursStated(t *testing.T) {
	day := load(t, "ci-runner").Containers.Day
	random := seeded(8)
	var byHour [24]float64
	working, weekend := 0.0, 0.0
	const weeks = 100
	for at, ok := start, true; ; {
		if at, ok = day.Next(at, 100, random); !ok || at.After(start.AddDate(0, 0, 7*weeks)) {
			break
		}
		if w := at.Weekday(); w == time.Saturday || w == time.Sunday {
			weekend++
			continue
		}
		working++
		byHour[at.Hour()]++
	}
	if got := working / (5 * weeks); math.Abs(got-100) > 2 {
		t.Error("on a working day:", got)
	}
	if got := weekend / (2 * weeks); math.Abs(got-40) > 2 {
		t.Error("on a weekend's day:", got)
	}
	if got := byHour[10] / byHour[2]; math.Abs(got-14./5) > 0.3 {
		t.Error("ten o'clock against two:", got)
	}
}

func TestDayOfRareEvents(t *testing.T) {
	day := load(t, "k8s-node").Containers.Day
	random := seeded(9)
	sum, n := 0.0, 2000
	for range n {
		at, ok := day.Next(start, 0.01, random)
		if !ok || !at.After(start) {
			t.Fatal(at, ok)
		}
		sum += at.Sub(start).Hours() / 24
	}
	if mean := sum / float64(n); math.Abs(mean-106) > 10 { // 6.6 working days' worth a week
		t.Error("one in a hundred working days comes after", mean)
	}
	for _, never := range []float64{0, -1, 1e-12, math.NaN()} {
		if at, ok := day.Next(start, never, random); ok {
			t.Errorf("%v a day: %v", never, at)
		}
	}
	a, b := seeded(1), seeded(1)
	day.Next(start, 1e-12, a)
	b.Float64()
	if a.Uint64() != b.Uint64() {
		t.Error("not one draw")
	}
	even := profile.Day{}
	if at, ok := even.Next(start, 1e6, random); !ok || at.Sub(start) > 10*time.Second || even.Rate(start) != 1 {
		t.Error("the zero day:", at, ok)
	}
}

func TestUnknownProfile(t *testing.T) {
	_, err := profile.Load("../k8s-node")
	if !errors.Is(err, errdefs.ErrNotFound) || !strings.Contains(err.Error(), "known are k8s-node, ci-runner") {
		t.Error(err)
	}
}

// TestErrorsSayTheLineAndTheKey: each row changes one thing of a good file.
func TestErrorsSayTheLineAndTheKey(t *testing.T) {
	text, err := profile.Text("multi-tenant")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	disk := slices.Index(lines, "  disk:") + 2 // the line of its value
	for _, c := range []struct{ old, new, want string }{
		{"value: 200GB", "value: 200", fmt.Sprintf(`profile "mine": line %d: node.disk.value: "200" has no unit (TB, GB, MB, kB, TiB, GiB, MiB, KiB, B): invalid argument`, disk)},
		{"value: 200GB", "value: 200m", `node.disk.value: "200m" is not a number in bytes`},
		{"value: 200GB", "value: -2GB", `node.disk.value: "-2GB" is negative`},
		{"value: 200GB", "value: 1e999GB", `is not a number in bytes`},
		{"value: 200GB", "value: 0", `node.disk: has a median of 0, which is below 1`},
		{"value: 200GB", "value: [1GB]", `node.disk.value: is not a number`},
		{"value: 200GB", "valve: 200GB", `node.disk: unknown key "valve"; known are value, uniform,`},
		{"value: 200GB", "value: 200GB\n    uniform: [1GB, 2GB]", `node.disk: has 2 distributions ["value" "uniform"], not one of`},
		{"value: 200GB", "evidence: P", `node.disk: key "evidence" is there twice`},
		{"value: 200GB", "uniform: [2GB, 1GB]", `node.disk.uniform: is not two numbers, the lower first`},
		{"value: 200GB", "uniform: 2GB", `node.disk.uniform: is not a list`},
		{"value: 200GB", "exponential: {mean: 1GB, p50: 1GB}", `node.disk.exponential: needs either mean or p50`},
		{"value: 200GB", "lognormal: {p50: 2GB, p90: 1GB}", `node.disk.lognormal: p90 is below p50`},
		{"value: 200GB", "lognormal: {p50: 2GB}", `node.disk.lognormal: key "p90" is missing`},
		{"value: 200GB", "quantiles: {0: 1GB, 0.5: 2GB}", `node.disk.quantiles: does not go from 0 to 1`},
		{"value: 200GB", "quantiles: {0: 1GB, 0.5: 3GB, 1: 2GB}", `node.disk.quantiles: does not ascend at 1`},
		{"value: 200GB", "quantiles: {0: 1GB, 1.5: 2GB}", `"1.5" is not a fraction from 0 to 1`},
		{"value: 200GB", "shares: {from: 1GB, 2GB: 0}", `node.disk.shares: the shares sum up to 0`},
		{"value: 200GB", "shares: {2GB: 1}", `node.disk.shares: key "from" is missing`},
		{"value: 200GB", "zipf: {exponent: 1, of: 5}", `node.disk.zipf: is for ranks only`},
		{"zipf: {exponent: 1.1, of: 1000}", "value: 3", `images.popularity: has to be a zipf`},
		{"zipf: {exponent: 1.1, of: 1000}", "zipf: {exponent: 1, of: 9999999}", `images.popularity.zipf: needs an exponent from 0 to 20 and of from 1 to 100000`},
		{"evidence: assumed", "evidence: sure", `evidence "sure" is none of [P S D assumed]`},
		{"evidence: assumed\n", "\n", `node.disk: key "evidence" is missing`},
		{"    source: >-\n      A larger node than the default.\n", "", `node.disk: key "source" is missing`},
		{">-\n      A larger node than the default.", `" "`, `node.disk: key "source" is not a text`},
		{"value: 0.5", "value: 1.5", `images.based.value: "1.5" is not a fraction from 0 to 1`},
		{"hours: [6, ", "hours: [", `containers.day: hours are 23 numbers`},
		{"weekend: 0.8", "weekend: few", `containers.day: weekend: "few" is not a number`},
		{"tenants:", "tenant:", `file: unknown key "tenant"; known are name, about, node,`},
		{"\nnode:", "\nnode: 3\nnodes:", `unknown key "nodes"`},
		{"  disk:", "  disk: &a", `key "disk" has an anchor or alias`},
		{"name: multi-tenant", "name: []", `key "name" is not a text`},
		{"name: multi-tenant", "a: [", `yaml:`},
		{"# The format", "--- 3\n--- 4\n# The format", `more than one document`},
	} {
		changed := strings.Replace(string(text), c.old, c.new, 1)
		p, err := profile.Parse("mine", []byte(changed))
		if p != nil || !errors.Is(err, errdefs.ErrInvalidArgument) || !strings.Contains(err.Error(), c.want) || changed == string(text) {
			t.Errorf("%s for %s: %v, want %s", c.new, c.old, err, c.want)
		}
	}
	for _, text := range []string{"", "3", "[]", "{}", "name: x", strings.Repeat(" ", 2<<20)} {
		if _, err := profile.Parse("mine", []byte(text)); !errors.Is(err, errdefs.ErrInvalidArgument) {
			t.Errorf("%.10q: %v", text, err)
		}
	}
}

func TestSectionsMayBeAbsent(t *testing.T) {
	text, err := profile.Text("multi-tenant")
	if err != nil {
		t.Fatal(err)
	}
	without, _, _ := strings.Cut(string(text), "\ntenants:")
	p, err := profile.Parse("mine", []byte(without))
	if err != nil || p.Tenants != nil {
		t.Error(p, err)
	}
	without, _, _ = strings.Cut(without, "\ncontainers:")
	if _, err := profile.Parse("mine", []byte(without)); err == nil || !strings.Contains(err.Error(), `key "containers" is missing`) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range profile.Names() {
		text, err := profile.Text(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := profile.Parse("fuzz", text)
		if err != nil {
			return
		}
		random := seeded(1)
		for _, r := range p.Figures() {
			if x := r.Figure.Sample(random); x != x || x < 0 {
				t.Fatalf("%s draws %v", r.Key, x)
			}
			_, _, _ = r.Figure.Bytes(random), r.Figure.Count(random), r.Figure.Duration(random)
		}
		p.Containers.Day.Next(start, p.Containers.Starts.Sample(random), random)
	})
}

func BenchmarkSample(b *testing.B) {
	p := load(b, "k8s-node")
	for name, f := range map[string]profile.Figure{
		"quantiles": p.Images.LayerSize, "zipf": p.Images.Popularity, "exponential": p.Images.Release, "lognormal": p.Containers.Written,
	} {
		b.Run(name, func(b *testing.B) {
			random := seeded(1)
			for b.Loop() {
				f.Sample(random)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b, "k8s-node")
	}
}
