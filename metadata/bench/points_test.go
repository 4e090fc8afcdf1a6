package bench

import (
	"flag"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// A point is one measurement of an aged database.
type point struct {
	name   string // benchmark, size and situation, for example "Collect/100k/changed"
	impl   figures.Implementation
	values values
}

var (
	long   = flag.Bool("long", false, "with -measure, also measure databases of 1,000,000 objects")
	window = flag.Duration("window", usualWindow, "how long to measure the waits beside each collection, at least")
)

// The numbers of samples of each collection, and of the waits beside it.
const (
	collectSamples = 10
	waitSamples    = 3
)

// An agedRow is a measurement of one situation that both implementations repeat in turns.
type agedRow struct {
	name, request string
	warm          bool // the first measurement does not count
	samples       int
	ours          bool // containerd's implementation is not measured
}

// implementations returns the implementations that are measured.
func (r agedRow) implementations() []figures.Implementation {
	if r.ours {
		return implementations[:1]
	}
	return implementations[:]
}

// agedRows returns the rows of one size.
func agedRows(size scale, window time.Duration) (rows []agedRow) {
	for _, s := range situations {
		rows = append(rows, agedRow{name: "Collect/" + size.name + "/" + s.name, request: "collect " + s.name, warm: true,
			samples: collectSamples})
	}
	for _, name := range waitSituations() {
		request := fmt.Sprintf("waits %s %v", name, window)
		rows = append(rows, agedRow{name: "Waits/" + size.name + "/" + name, request: request, samples: waitSamples})
	}
	for _, p := range pinners {
		rows = append(rows, agedRow{name: "Pins/" + size.name + "/" + p.name, request: "pins " + p.name, samples: 1, ours: true})
	}
	return append(rows, agedRow{name: "Heap/" + size.name, request: "heap", samples: 1})
}

// measureAged measures the wanted rows of one size.
func measureAged(tb testing.TB, wanted *regexp.Regexp, size scale, window time.Duration) (points []point) {
	var workers [2]*worker
	start := func() {
		for i, impl := range implementations {
			workers[i] = startWorker(tb, impl, size.objects)
		}
	}
	stop := func() {
		for i, w := range workers {
			if w != nil {
				w.stop(tb)
			}
			workers[i] = nil
		}
	}
	defer stop()
	for _, row := range agedRows(size, window) {
		if !wanted.MatchString(row.name) {
			continue
		}
		if row.request == "heap" {
			stop()
		}
		if workers[0] == nil {
			start()
		}
		if row.warm {
			for _, w := range workers {
				w.ask(tb, row.request)
			}
		}
		for n := range row.samples {
			impls := row.implementations()
			for turn := range impls {
				i := (n + turn) % len(impls) // they change which one begins
				points = append(points, point{row.name, implementations[i], workers[i].ask(tb, row.request)})
			}
		}
	}
	return points
}

// String returns a line in the format of Go benchmarks, which [parsePoint] reads. For example:
//
//	BenchmarkCollect/100k/changed/impl=holdfast 1 2000 cpu-ns 1000 locked-ns 2500 wall-ns
func (p point) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "Benchmark%s/impl=%s 1", p.name, p.impl)
	for _, unit := range slices.Sorted(maps.Keys(p.values)) {
		fmt.Fprintf(&line, " %d %s", p.values[unit], unit)
	}
	return line.String()
}

var pointLine = regexp.MustCompile(`^Benchmark((?:Collect|Waits|Pins|Heap)/\S+)/impl=(\S+) 1((?: -?\d+ \S+)+)$`)

// parsePoint returns false if the line is no point.
func parsePoint(tb testing.TB, line string) (point, bool) {
	m := pointLine.FindStringSubmatch(line)
	if m == nil {
		return point{}, false
	}
	p := point{m[1], figures.Implementation(m[2]), values{}}
	fields := strings.Fields(m[3])
	for i := 0; i < len(fields); i += 2 {
		p.values[fields[i+1]] = number(tb, fields[i])
	}
	return p, true
}

// removedUnit is the unit of the number of objects that a collection removed.
const removedUnit = "removed"

// pauses returns how long collections lock writers out. containerd removes garbage under its lock, but in a collection
// of 100,000 objects the time for that disappears beside the marking. It is taken from the opened file.
func (t agedTable) pauses(table []figures.Row) map[figures.Implementation]figures.Pause {
	locked := func(situation string, impl figures.Implementation) time.Duration {
		return quantile(t.of("Collect/100k/"+situation, "locked-ns", impl), 2)
	}
	opened := func(name string) time.Duration {
		return table[slices.IndexFunc(table, func(r figures.Row) bool { return r.Name == name })].Containerd
	}
	return map[figures.Implementation]figures.Pause{
		figures.Holdfast: {
			Fixed:   locked("cold", figures.Holdfast),
			Objects: 100_000,
			Removed: int(t.of("Collect/100k/deleted", removedUnit, figures.Holdfast)[0]),
			Remove:  max(0, locked("deleted", figures.Holdfast)-locked("cold", figures.Holdfast)),
		},
		figures.Containerd: {
			Objects: 100_000,
			Mark:    locked("cold", figures.Containerd),
			Removed: figures.RemovedObjects,
			Remove:  opened(figures.OpenAndCollect) - opened(figures.OpenAndPlan),
		},
	}
}

// An agedTable holds the points of a run.
type agedTable []point

// of returns the values of one unit, as durations, in the order of measurement.
func (t agedTable) of(name, unit string, impl figures.Implementation) (sample []time.Duration) {
	for _, p := range t {
		if p.name == name && p.impl == impl {
			sample = append(sample, time.Duration(p.values[unit]))
		}
	}
	return sample
}

// has reports whether the run has a row.
func (t agedTable) has(name string) bool {
	return slices.ContainsFunc(t, func(p point) bool { return p.name == name })
}

// olderRun stands for a block whose figures the run lacks.
const olderRun = "The published run is older than this benchmark.\n"

// collections prints the block of collections.
func (t agedTable) collections() string {
	var out strings.Builder
	for _, size := range scales {
		for _, s := range situations {
			name := "Collect/" + size.name + "/" + s.name
			if !t.has(name) {
				continue
			}
			fmt.Fprintf(&out, "| %s, %s |", thousands(size.objects), s.title)
			for _, impl := range implementations {
				for _, q := range quantities {
					fmt.Fprintf(&out, " %s |", spread(t.of(name, q.name, impl)))
				}
			}
			ratios := row{samples: [2][]time.Duration{
				t.of(name, "wall-ns", implementations[0]), t.of(name, "wall-ns", implementations[1]),
			}}.ratios()
			fmt.Fprintf(&out, " **%.1f** (%.1f-%.1f) |\n", quantile(ratios, 2), quantile(ratios, 1), quantile(ratios, 3))
		}
	}
	return agedBlock(out.String(), "holdfast: wall clock", "CPU", "writers locked out",
		"containerd: wall clock", "CPU", "writers locked out", "times faster")
}

// waits prints the block of waits: median, 99.9th percentile and maximum, each the median of the windows.
func (t agedTable) waitTable() string {
	var out strings.Builder
	for _, size := range scales {
		for _, situation := range waitSituations() {
			name := "Waits/" + size.name + "/" + situation
			if !t.has(name) {
				continue
			}
			title := "no collection"
			if s, err := situationOf(situation); err == nil {
				title = s.title
			}
			fmt.Fprintf(&out, "| %s, %s |", thousands(size.objects), title)
			for _, impl := range implementations {
				for _, call := range []string{"write", "read"} {
					var cells []string
					for _, part := range []string{"p50", "p99.9", "max"} {
						cells = append(cells, duration(quantile(t.of(name, call+"-"+part+"-ns", impl), 2)))
					}
					fmt.Fprintf(&out, " %s |", strings.Join(cells, ", "))
				}
			}
			out.WriteString("\n")
		}
	}
	return agedBlock(out.String(), "holdfast: writer", "reader", "containerd: writer", "reader")
}

// heaps prints the block of memory, in bytes per object.
func (t agedTable) heaps() string {
	var out strings.Builder
	for _, size := range scales {
		name := "Heap/" + size.name
		if !t.has(name) {
			continue
		}
		for _, impl := range implementations {
			fmt.Fprintf(&out, "| %s, %s |", thousands(size.objects), impl)
			for _, q := range heapQuantities {
				fmt.Fprintf(&out, " %d |", int(t.of(name, q.name, impl)[0])/size.objects)
			}
			out.WriteString("\n")
		}
	}
	return agedBlock(out.String(), "live heap of the metadata", "of which kept for the next collection", "of the backends", "resident", "of which shared",
		"peak in a collection")
}

func agedBlock(rows string, columns ...string) string {
	if rows == "" {
		return olderRun
	}
	return "| | " + strings.Join(columns, " | ") + " |\n|---|" + strings.Repeat("---:|", len(columns)) + "\n" + rows
}

// headline summarizes the collections of 100,000 objects in one item of a list. It returns "" if the run has none.
func (t agedTable) headline() string {
	times := func(situation string) string {
		name := "Collect/100k/" + situation
		median := func(i int) string { return duration(quantile(t.of(name, "wall-ns", implementations[i]), 2)) }
		return fmt.Sprintf("%s (%s)", median(0), median(1))
	}
	if !t.has("Collect/100k/unchanged") {
		return ""
	}
	return fmt.Sprintf("  A collection: if nothing changed %s, after 100 changes %s, if 10 %% of the\n"+
		"  images were deleted %s, the first one of a new DB %s.\n",
		times("unchanged"), times("changed"), times("deleted"), times("cold"))
}

// spread prints a median with its quartiles.
func spread(sample []time.Duration) string {
	return fmt.Sprintf("%s (%s-%s)", duration(quantile(sample, 2)), duration(quantile(sample, 1)), duration(quantile(sample, 3)))
}

// TestPointFormat writes and reads points, and prints them.
func TestPointFormat(t *testing.T) {
	var table agedTable
	for _, size := range scales[:2] {
		for _, row := range agedRows(size, usualWindow) {
			for i, impl := range row.implementations() {
				v := values{}
				for n, unit := range unitsOf(row.name) {
					v[unit] = int64((n + 1) * (i + 1) * size.objects)
				}
				p := point{row.name, impl, v}
				read, ok := parsePoint(t, p.String())
				if !ok || read.String() != p.String() {
					t.Errorf("%s is read as %s", p, read)
				}
				table = append(table, read)
			}
		}
	}
	for _, want := range []string{
		"| 100,000, nothing changed | 100 µs (100 µs-100 µs) | 200 µs (200 µs-200 µs) | 300 µs (300 µs-300 µs) |",
		"| 10,000, 10 % of the images deleted | 10.0 µs (10.0 µs-10.0 µs) |",
		"| **2.0** (2.0-2.0) |",
	} {
		if got := table.collections(); !strings.Contains(got, want) {
			t.Errorf("collections lack %q:\n%s", want, got)
		}
	}
	want := "| 100,000, no collection | 100 µs, 200 µs, 300 µs | 400 µs, 500 µs, 600 µs | 200 µs, 400 µs, 600 µs |"
	if got := table.waitTable(); !strings.Contains(got, want) {
		t.Errorf("waits lack %q:\n%s", want, got)
	}
	if got, want := table.heaps(), "| 100,000, containerd | 2 | 4 | 6 | 8 | 10 | 12 |"; !strings.Contains(got, want) {
		t.Errorf("heaps lack %q:\n%s", want, got)
	}
	if got, want := table.pins(), "| 100,000, fork | 0.10 MB | 0.20 MB | 0.30 MB | 0.40 MB |"; !strings.Contains(got, want) {
		t.Errorf("pins lack %q:\n%s", want, got)
	}
	if got, want := table.headline(), "deleted 100 µs (200 µs), the first"; !strings.Contains(got, want) {
		t.Errorf("the headline lacks %q: %s", want, got)
	}
	if agedTable(nil).waitTable() != olderRun || agedTable(nil).headline() != "" {
		t.Error("an empty table is not said to be empty")
	}
}

// unitsOf returns the units of a row.
func unitsOf(name string) (units []string) {
	benchmark, _, _ := strings.Cut(name, "/")
	switch benchmark {
	case "Collect":
		for _, q := range quantities {
			units = append(units, q.name)
		}
	case "Waits":
		for _, q := range waitQuantities {
			units = append(units, q.name)
		}
	case "Pins":
		return pinUnits()
	case "Heap":
		for _, q := range heapQuantities {
			units = append(units, q.name)
		}
	}
	return units
}

// incomplete returns the rows that a run lacks, or has too few samples of. A run may have no points at all, because it
// is old. Of the largest size it may lack whole benchmarks, such as Waits.
func (t agedTable) incomplete() (names []string) {
	for i, size := range scales {
		for _, row := range agedRows(size, usualWindow) {
			benchmark := strings.SplitAfter(row.name, size.name)[0] // for example Waits/1M
			measured := slices.ContainsFunc(t, func(p point) bool { return strings.HasPrefix(p.name, benchmark) })
			if len(t) == 0 || i == len(scales)-1 && !measured {
				continue
			}
			for _, impl := range row.implementations() {
				if len(t.of(row.name, "", impl)) != row.samples {
					names = append(names, fmt.Sprintf("%s/impl=%s", row.name, impl))
				}
			}
		}
	}
	return names
}
