package bench

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

var (
	table    = flag.Bool("table", false, "measure, and print the table")
	markdown = flag.Bool("markdown", false, "print the table as Markdown")
	only     = flag.String("only", "", "measure only the rows that match, such as 'image.*objects=1000$'")
	budget   = flag.Duration("budget", time.Second, "how long to measure each row")
)

// scales are the numbers of standing objects of each kind.
var scales = []int{1_000, 100_000}

// TestTable prints the table if it is asked to.
func TestTable(t *testing.T) {
	if !*table {
		return
	}
	wanted := regexp.MustCompile(*only)
	var results []result
	for _, n := range scales {
		results = append(results, measureCalls(t, wanted, n)...)
		if name := "GarbageCollect, no garbage"; wanted.MatchString(rowID(name, n)) {
			results = append(results, measureCollect(t, name, n))
		}
	}
	results = append(results, measureOpen(t, wanted)...)
	if *markdown {
		printMarkdown(os.Stdout, results)
	} else {
		printPlain(os.Stdout, results)
	}
	printPeaks(t, wanted)
}

// measureCalls measures the calls that are wanted, on databases that are filled only if there is one.
func measureCalls(t *testing.T, wanted *regexp.Regexp, standing int) (results []result) {
	var both [2]*side
	for _, c := range calls {
		if !wanted.MatchString(rowID(c.name, standing)) {
			continue
		}
		if both[0] == nil {
			both = filled(t, standing)
		}
		results = append(results, c.measure(t, *budget, both, standing))
	}
	return results
}

func rowID(name string, objects int) string {
	if objects == 0 {
		return name
	}
	return fmt.Sprintf("%s objects=%d", name, objects)
}

func printPlain(to io.Writer, results []result) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "objects\tholdfast\tcontainerd\tratio\tquartiles\tgoal\t  call\t")
	for _, r := range results {
		missed := ""
		if r.ratio[1] < r.goal {
			missed = "missed "
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%.1f-%.1f\t%s%.3g\t  %s\t\n",
			thousands(r.objects), micros(r.ours), micros(r.theirs), r.ratio[1], r.ratio[0], r.ratio[2], missed, r.goal, r.name)
	}
	w.Flush()
	fmt.Fprintln(to)
}

// printMarkdown prints all scales of a call in one line, and then what has no scale.
func printMarkdown(to io.Writer, results []result) {
	var names, others []string
	cells := map[string]string{}
	for _, r := range results {
		switch {
		case r.objects == 0:
			others = append(others, r.name)
		case cells[r.name] == "":
			names = append(names, r.name)
		}
		cells[r.name] += fmt.Sprintf(" %s | %s | **%.1f** (%.1f-%.1f) |", micros(r.ours), micros(r.theirs), r.ratio[1], r.ratio[0], r.ratio[2])
	}
	var columns []string
	for _, n := range scales {
		columns = append(columns, "holdfast, "+thousands(n)+" objects")
	}
	for _, part := range []struct {
		columns, names []string
	}{{columns, names}, {[]string{"holdfast"}, others}} {
		if len(part.names) == 0 {
			continue
		}
		fmt.Fprint(to, "| |")
		for _, c := range part.columns {
			fmt.Fprintf(to, " %s | containerd | times faster |", c)
		}
		fmt.Fprint(to, "\n|---|", strings.Repeat("---:|", 3*len(part.columns)), "\n")
		for _, name := range part.names {
			fmt.Fprintf(to, "| %s |%s\n", name, cells[name])
		}
		fmt.Fprintln(to)
	}
}

// micros prints a duration with about three digits that count.
func micros(d time.Duration) string {
	switch us := float64(d) / 1e3; {
	case us < 10:
		return fmt.Sprintf("%.2f µs", us)
	case us < 100:
		return fmt.Sprintf("%.1f µs", us)
	case us < 10_000:
		return fmt.Sprintf("%.0f µs", us)
	default:
		return fmt.Sprintf("%.1f ms", us/1e3)
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
