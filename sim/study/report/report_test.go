package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// result is a comparison of 10 nodes over 30 days of k8s-node, with every sixth point of the series: the output of
// "holdfast compare --json" with the policies none, kubelet, kubelet:high=70,low=60, kubelet:maxage=7d and lru.
func result(t testing.TB) *compare.Result {
	t.Helper()
	text, err := os.ReadFile("testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	var r compare.Result
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func page(t testing.TB, r *compare.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, r, "holdfast compare --seed 1"); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGoldens compares every sheet, the words of the page, and some drawings with files that a person can look at.
func TestGoldens(t *testing.T) {
	r := result(t)
	for _, name := range report.Sheets() {
		var b bytes.Buffer
		if err := report.WriteCSV(&b, r, name); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".csv", b.Bytes())
	}
	for _, name := range []string{"tradeoff", "pauses", "pinned"} {
		var b bytes.Buffer
		if err := report.WriteSVG(&b, r, name); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".svg", b.Bytes())
	}
	golden(t, "page.txt", []byte(readAloud(page(t, r))))
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is made now; if that is right, run the tests with -update", path)
	}
}

// readAloud returns the page without its drawings, one line per block, with stars around bold text.
func readAloud(text string) string {
	text = between(text, "<body>", "</body>")
	text = regexp.MustCompile(`(?s)<svg.*?</svg>`).ReplaceAllString(text, "")
	text = strings.NewReplacer("<b>", "*", "</b>", "*", "<small>", " (", "</small>", ")", "</td>", " |", "</th>", " |", "</dt>", ": ").Replace(text)
	var lines []string
	for _, block := range regexp.MustCompile(`</(?:p|h1|h2|h3|li|tr|dd|summary|pre|figcaption)>`).Split(text, -1) {
		if line := words(block); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestPageStandsAlone checks for invalid markup and for requests to other machines.
func TestPageStandsAlone(t *testing.T) {
	r := result(t)
	text := page(t, r)
	wellFormed(t, text)
	for _, bad := range []string{"<script", "src=", "href=", "url(", "@import", "<link", "<iframe", "http:", "https:", "javascript:", "ZgotmplZ", "NaN", "Inf"} {
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("%q in the page: …%s…", bad, text[max(0, i-60):min(len(text), i+60)])
		}
	}
	for _, p := range r.Policies {
		if !strings.Contains(text, "<bdi>"+p.Name+"</bdi>") {
			t.Errorf("policy %q is not named", p.Name)
		}
	}
	for _, n := range r.Load.Notes {
		if !strings.Contains(text, strings.ReplaceAll(n, "'", "&#39;")) {
			t.Errorf("note is missing: %s", n)
		}
	}
	if again := page(t, r); again != text {
		t.Error("two pages of one result differ")
	}
	if !strings.Contains(text, "holdfast compare --seed 1") {
		t.Error("the command is missing")
	}
}

// TestPageIsAccessible checks the structure that screen readers depend on.
func TestPageIsAccessible(t *testing.T) {
	text := page(t, result(t))
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]] {
			t.Errorf("id %q is there twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		for id := range strings.FieldsSeq(m[1]) {
			if !ids[id] {
				t.Errorf("aria-labelledby names %q, which is not there", id)
			}
		}
	}
	for _, m := range regexp.MustCompile(`<th[ >][^>]*>?`).FindAllString(text, -1) {
		if !strings.Contains(m, "scope=") {
			t.Errorf("a heading of a table without a scope: %s", m)
		}
	}
	for _, m := range regexp.MustCompile(`<svg [^>]*>`).FindAllString(text, -1) {
		if !strings.Contains(m, `role="img"`) && !strings.Contains(m, `aria-hidden="true"`) {
			t.Errorf("a picture that is neither named nor hidden: %s", m)
		}
	}
	if empty := regexp.MustCompile(`<(title|desc)[^>]*></`).FindString(text); empty != "" {
		t.Errorf("a picture without words: %s", empty)
	}
}

func TestFigures(t *testing.T) {
	r := result(t)
	for _, name := range report.Figures() {
		var b bytes.Buffer
		if err := report.WriteSVG(&b, r, name); err != nil {
			t.Fatal(err)
		}
		strictXML(t, name, b.String())
		if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "url(") {
			t.Errorf("%s: a coordinate is not a number, or something outside is referred to", name)
		}
		for _, p := range r.Policies {
			if !strings.Contains(b.String(), ">"+p.Name+"<") && !strings.Contains(b.String(), ">"+p.Name+" (") {
				t.Errorf("%s: policy %q is not named", name, p.Name)
			}
		}
		var again bytes.Buffer
		if err := report.WriteSVG(&again, r, name); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("%s: two drawings of one result differ (error %v)", name, err)
		}
	}
}

func TestErrors(t *testing.T) {
	whole := result(t)
	without := func(metric string) *compare.Result {
		r := *whole
		r.Policies = slices.Clone(r.Policies)
		r.Policies[1].Metrics = slices.DeleteFunc(slices.Clone(r.Policies[1].Metrics), func(m compare.Metric) bool { return m.Name == metric })
		return &r
	}
	timeless := *whole
	timeless.Days = 0
	for _, c := range []struct {
		name string
		r    *compare.Result
		want string
	}{
		{"nil", nil, "report: no result"},
		{"empty", &compare.Result{}, "report: the result compares no policies"},
		{"no time", &timeless, "report: the result covers 0 days: there is nothing to show"},
		{"no disk", without("mean bytes"), `report: policy "` + whole.Policies[1].Name + `" has no metric "mean bytes"`},
		{"no pulls", without("bytes pulled again"), `report: policy "` + whole.Policies[1].Name + `" has no metric "bytes pulled again"`},
	} {
		var b bytes.Buffer
		for _, err := range []error{report.HTML(&b, c.r, ""), report.WriteSVG(&b, c.r, "bytes"), report.WriteCSV(&b, c.r, "bytes")} {
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: error %v, want %s", c.name, err, c.want)
			}
		}
		if b.Len() > 0 {
			t.Errorf("%s: wrote %d bytes before the error", c.name, b.Len())
		}
	}
	if err := report.WriteSVG(io.Discard, whole, "metrics"); err == nil || !strings.Contains(err.Error(), "bytes, tradeoff") {
		t.Errorf("a figure that there is not: error %v", err)
	}
	if err := report.WriteCSV(io.Discard, whole, "pie"); err == nil || !strings.Contains(err.Error(), "metrics, bytes") {
		t.Errorf("a sheet that there is not: error %v", err)
	}
	broken := errors.New("broken pipe")
	for _, err := range []error{report.HTML(failing{broken}, whole, ""), report.WriteSVG(failing{broken}, whole, "bytes"), report.WriteCSV(failing{broken}, whole, "bytes")} {
		if !errors.Is(err, broken) {
			t.Errorf("a writer that fails: error %v", err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// wellFormed checks that every element of a page is closed where it has to be.
func wellFormed(t testing.TB, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.AutoClose = xml.HTMLAutoClose
	d.Entity = xml.HTMLEntity
	var open []string
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"meta", "br", "wbr"}, e.Name.Local) {
				open = append(open, e.Name.Local)
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != e.Name.Local {
				t.Fatalf("</%s> closes %v", e.Name.Local, open)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("not closed: %v", open)
	}
}

func strictXML(t testing.TB, name, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func cells(t testing.TB, r *compare.Result, sheet string) [][]string {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteCSV(&b, r, sheet); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
