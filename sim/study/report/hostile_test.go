package report_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

// tame checks that everything that can be made of a result is whole.
func tame(t testing.TB, r *compare.Result) (text string) {
	t.Helper()
	text = page(t, r)
	wellFormed(t, text)
	if !utf8.ValidString(text) {
		t.Error("the page is not UTF-8")
	}
	for _, name := range report.Figures() {
		var b bytes.Buffer
		if err := report.WriteSVG(&b, r, name); err != nil {
			t.Fatal(err)
		}
		strictXML(t, name, b.String())
		if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
			t.Errorf("%s: a coordinate is not a number", name)
		}
	}
	for _, name := range report.Sheets() {
		cells(t, r, name)
	}
	return text
}

// named has a string wherever a result has one.
func named(s string) *compare.Result {
	r := build(middle, worse, oracle)
	r.Load = compare.LoadInfo{Kind: s, Name: s, About: s, Notes: []string{s}}
	r.Costs = []compare.Cost{{Name: s, About: s}}
	for i := range r.Policies {
		p := &r.Policies[i]
		p.Name, p.Spec, p.Collect, p.Release = fmt.Sprint(s, i), s, s, s
		p.Metrics = append(p.Metrics, compare.Metric{Name: s, Unit: s, Mean: 1, High: 2})
		p.Series = []compare.Point{{Used: 1e9, Pinned: []float64{1e9}}, {Used: 2e9}}
		p.PauseModels = []compare.PauseModel{{Cost: s, Count: 2, P95: 1, Max: 2, Buckets: []compare.Bucket{{UpTo: 2, Count: 2}}}}
		p.Holders = []compare.Holder{{Name: s, Kind: s, Bytes: 1e9}}
	}
	return r
}

var hostile = []string{
	`</title></style></svg><script>alert(1)</script>`, `" onload="alert(1)`, `'><img src=x onerror=alert(1)>`, `]]><!--`, `{{.}}`, `&lt;b&amp;`,
	"\x00\x1b[31m\x7f\ufffe", "\xff\xfe\xc3", "\u202eevil\u2066", "=1+1", "@cmd", "+1", "-1;2", "", " ", "a,b\"c\nd\re", strings.Repeat("long", 5000), "名前 🦀",
}

func TestHostileNames(t *testing.T) {
	for _, s := range hostile {
		text := tame(t, named(s))
		for _, bad := range []string{"<script", "<img", "onload=\"", "\x00", "\x1b", "\u202e", "\u2066"} {
			if strings.Contains(text, bad) {
				t.Errorf("%.40q: %q got into the page", s, bad)
			}
		}
		for _, row := range cells(t, named(s), "holders")[1:] {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=@\t\r", rune(cell[0])) {
					t.Errorf("%.40q: a spreadsheet takes %.40q for a formula", s, cell)
				}
			}
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { tame(t, named(s)) })
}

// TestStrangeNumbers replaces each number of a result with infinities, NaN and other extremes.
func TestStrangeNumbers(t *testing.T) {
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 5e-324, math.MaxFloat64, 1e24, 1e25} {
		r := named("x")
		r.Every, r.Disk, r.Other, r.Seeds = x, math.MaxInt64, math.MinInt64, -1
		r.Costs[0] = compare.Cost{Name: "x", Fixed: x, PerObject: x, PerRemoved: x}
		for i := range r.Policies {
			p := &r.Policies[i]
			for k := range p.Metrics {
				m := &p.Metrics[k]
				if m.Name == "mean bytes" || m.Name == "bytes pulled again" {
					m.Low, m.High, m.Bound, m.Values = x, x, x, []float64{x, x}
					continue
				}
				m.Mean, m.Low, m.High, m.Bound, m.Values = x, x, x, x, []float64{x, x}
			}
			p.Series = []compare.Point{
				{Used: x, Low: x, High: x, Garbage: x, Pinned: []float64{x, x, x, x, x, x, x}},
				{Used: 1}, {Used: x, Low: 1, High: x, Garbage: 1},
			}
			p.PauseModels = []compare.PauseModel{{Cost: "x", Count: x, Mean: x, P50: x, P95: x, Max: x, Total: x,
				Buckets: []compare.Bucket{{UpTo: x, Count: 1}, {UpTo: 1, Count: math.MaxInt}, {UpTo: x, Count: -1}}}}
			p.Holders = []compare.Holder{{Name: "x", Kind: "leases", Bytes: x}, {Name: "y", Kind: "containers", Bytes: 1}}
		}
		tame(t, r)
		r.Days = 1e-9
		tame(t, r)
		r.Days = x
		if err := report.HTML(&bytes.Buffer{}, r, ""); !(x > 0 && x <= 1e24) && err == nil {
			t.Errorf("%v days are no error", x)
		}
		r = named("x")
		r.Policies[2].Metrics[0].Mean = x
		if err := report.HTML(&bytes.Buffer{}, r, ""); (err == nil) != (x >= 0 && x <= 1e24) {
			t.Errorf("%v bytes on average: error %v", x, err)
		}
	}
}

func TestSizes(t *testing.T) {
	bare := build(middle, worse)
	tame(t, bare)

	many := build(middle)
	for i := range 300 {
		many.Policies = append(many.Policies, build(worse.called(fmt.Sprint("policy", i))).Policies...)
	}
	long := build(middle, worse)
	for range 200_000 {
		long.Policies[0].Series = append(long.Policies[0].Series, compare.Point{Used: 1e9, Low: 0.5e9, High: 2e9})
	}
	for _, c := range []struct {
		r    *compare.Result
		most int
		say  string
	}{
		{many, 1 << 20, "Shown are the first 24 of 301 policies; the CSV has all."},
		{long, 100 << 10, ""},
	} {
		text := page(t, c.r)
		if len(text) > c.most || !strings.Contains(text, c.say) {
			t.Errorf("the page has %d bytes, want at most %d; or it does not say %q", len(text), c.most, c.say)
		}
	}
	if rows := len(cells(t, many, "tradeoff")); rows != 302 {
		t.Errorf("the CSV has %d rows, want all 302", rows)
	}
}
