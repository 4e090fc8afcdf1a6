package bench

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

var (
	measure = flag.Bool("measure", false, "measure, and print the table")
	only    = flag.String("only", "", "measure only the rows that match `regexp`, such as 'image.*size=1000$' or Collect/100k")
	budget  = flag.Duration("budget", time.Second, "how long to measure each row")
	save    = flag.String("save", "", "also write the samples to `file`, in the format of Go benchmarks")
	commit  = flag.String("commit", "", "the measured commit, for the file")
	date    = flag.String("date", "", "the date as year-month-day, for the file")
)

// sizes are the numbers of stored objects of each kind.
var sizes = []int{1_000, 100_000}

// TestMeasure makes a run if -measure is given: it measures all rows, prints a table, and saves the samples.
func TestMeasure(t *testing.T) {
	if !*measure {
		t.Skip("-measure is not set")
	}
	wanted := regexp.MustCompile(*only)
	var rows []row
	for _, size := range sizes {
		rows = append(rows, measureCalls(t, wanted, size)...)
		if wanted.MatchString(rowID(figures.GarbageCollect, size)) {
			rows = append(rows, measureCollect(t, size))
		}
	}
	rows = append(rows, measureOpen(t, wanted)...)
	var peaks []peak
	if wanted.MatchString(peakName) {
		peaks = measurePeaks(t)
	}
	var aged agedTable
	for _, size := range scales {
		if size.objects < 1_000_000 || *long {
			aged = append(aged, measureAged(t, wanted, size, *window)...)
		}
	}
	printTable(os.Stdout, rows, peaks, aged)
	if *save != "" {
		must(t, os.WriteFile(*save, formatRun(source(), rows, peaks, aged), 0o644))
	}
}

// source describes this run. The file's name is added by the reader.
func source() figures.Source {
	machine := fmt.Sprintf("%d cores, %s/%s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)
	if cpu, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if name := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(cpu); name != nil {
			machine = string(name[1]) + ", " + machine
		}
	}
	return figures.Source{Command: "make bench", Commit: *commit, Date: *date, Machine: machine, Go: runtime.Version()}
}

// measureCalls measures the wanted calls. It fills databases only if at least one call is wanted.
func measureCalls(t *testing.T, wanted *regexp.Regexp, size int) (rows []row) {
	var both [2]*side
	for _, c := range calls {
		if !wanted.MatchString(rowID(c.name, size)) {
			continue
		}
		if both[0] == nil {
			both = filled(t, size)
		}
		rows = append(rows, c.measure(t, *budget, both, size))
	}
	return rows
}

// rowID is the name that -only matches.
func rowID(name string, size int) string {
	if size == 0 {
		return name
	}
	return fmt.Sprintf("%s size=%d", name, size)
}

// printTable prints a run for people.
func printTable(to io.Writer, rows []row, peaks []peak, aged agedTable) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "size\tholdfast\tcontainerd\tratio\tquartiles\tgoal\t  operation\t")
	for _, r := range rows {
		f := r.figure()
		missed := ""
		if f.Ratio.Median < r.goal {
			missed = "missed "
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%.1f-%.1f\t%s%.3g\t  %s\t\n", thousands(r.size), duration(f.Holdfast),
			duration(f.Containerd), f.Ratio.Median, f.Ratio.Q1, f.Ratio.Q3, missed, r.goal, r.name)
	}
	w.Flush()
	for _, p := range peaks {
		fmt.Fprintf(to, "peak memory, %s: %.1f MB\n", p.name, float64(p.bytes)/1e6)
	}
	for _, block := range []string{aged.collections(), aged.waitTable(), aged.heaps(), aged.pins()} {
		if block != olderRun {
			fmt.Fprint(to, "\n", block)
		}
	}
}

// formatRun writes a run in the format of Go benchmarks, which benchstat reads: configuration lines, then one line for
// each sample. Underscores stand for the spaces of a row's name. For example:
//
//	BenchmarkOperation/op=image_Create/size=1000/impl=holdfast 1 6780 cpu-ns/op
//
// The unit of the rows of files is wall-ns/op.
//
// [parseRun] reads it.
func formatRun(s figures.Source, rows []row, peaks []peak, aged agedTable) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "command: %s\ncommit: %s\ndate: %s\nmachine: %s\ngo: %s\npkg: %s\n\n",
		s.Command, s.Commit, s.Date, s.Machine, s.Go, "github.com/holdfast-gc/holdfast/metadata/bench")
	for _, r := range rows {
		for sample := range r.samples[0] {
			for i, impl := range implementations {
				fmt.Fprintf(&out, "BenchmarkOperation/op=%s/size=%d/impl=%s 1 %d %s\n",
					underscores(r.name), r.size, impl, r.samples[i][sample], r.unit())
			}
		}
	}
	for _, p := range peaks {
		fmt.Fprintf(&out, "BenchmarkPeak/impl=%s 1 %d peak-B\n", p.name, p.bytes)
	}
	for _, p := range aged {
		fmt.Fprintln(&out, p)
	}
	return out.Bytes()
}

// unit is the unit of the samples: the rows of files, which have no scale, are wall-clock times.
func (r row) unit() string {
	if r.size == 0 {
		return "wall-ns/op"
	}
	return "cpu-ns/op"
}

func underscores(name string) string { return strings.ReplaceAll(name, " ", "_") }

// parseRun reads a run that [formatRun] wrote. It ignores lines of other benchmarks, which `make bench` appends.
func parseRun(tb testing.TB, run []byte) (s figures.Source, rows []row, peaks []peak, aged agedTable) {
	configuration := map[string]*string{
		"command": &s.Command, "commit": &s.Commit, "date": &s.Date, "machine": &s.Machine, "go": &s.Go,
	}
	operation := regexp.MustCompile(`^BenchmarkOperation/op=(\S+)/size=(\d+)/impl=(\S+) 1 (\d+) (?:cpu|wall)-ns/op$`)
	memory := regexp.MustCompile(`^BenchmarkPeak/impl=(\S+) 1 (\d+) peak-B$`)
	for line := range strings.Lines(string(run)) {
		line = strings.TrimSuffix(line, "\n")
		if key, value, ok := strings.Cut(line, ": "); ok && configuration[key] != nil {
			*configuration[key] = value
		}
		if m := memory.FindStringSubmatch(line); m != nil {
			peaks = append(peaks, peak{m[1], number(tb, m[2])})
		}
		if p, ok := parsePoint(tb, line); ok {
			aged = append(aged, p)
		}
		m := operation.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name, size := strings.ReplaceAll(m[1], "_", " "), int(number(tb, m[2]))
		if n := len(rows); n == 0 || rows[n-1].name != name || rows[n-1].size != size {
			rows = append(rows, row{name: name, size: size})
		}
		r := &rows[len(rows)-1]
		for i, impl := range implementations {
			if m[3] == string(impl) {
				r.samples[i] = append(r.samples[i], time.Duration(number(tb, m[4])))
			}
		}
	}
	return s, rows, peaks, aged
}

func number(tb testing.TB, digits string) int64 {
	var n int64
	_, err := fmt.Sscan(digits, &n)
	must(tb, err)
	return n
}

// TestRunFormat writes a run and reads it.
func TestRunFormat(t *testing.T) {
	s := figures.Source{Command: "make bench", Commit: "abc", Date: "2026-01-31", Machine: "a processor, 2 cores", Go: "go1"}
	rows := []row{
		{name: "image Get", size: 1000, samples: [2][]time.Duration{{1, 2}, {3, 4}}},
		{name: figures.OpenAndCollect, samples: [2][]time.Duration{{5}, {6}}},
	}
	run := formatRun(s, rows, []peak{{"holdfast", 7}},
		agedTable{{"Collect/10k/cold", "holdfast", values{"wall-ns": 8, "cpu-ns": 9}}})
	s2, rows2, peaks2, aged2 := parseRun(t, run)
	if again := formatRun(s2, rows2, peaks2, aged2); !bytes.Equal(again, run) {
		t.Errorf("after reading and writing:\n%s\nwant:\n%s", again, run)
	}
}
