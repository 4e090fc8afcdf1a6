package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/sim"
)

// print prints a summary. failed is the number of failed seeds, of which the summary may have a part only. speed names
// the figure perSecond, for example "steps per second".
func (v *simulation) print(s *sim.Summary, failed int, speed string, perSecond float64, stopped bool) {
	style, result := green, "no failures"
	if failed > 0 {
		style, result = red, plural(failed, "seed failed", "seeds failed")
	}
	if stopped {
		result += ", interrupted"
	}
	v.line(style, "%s, the first is %d: %s.", plural(s.Seeds, "seed", "seeds"), v.campaign.Seed, result)
	v.blank()
	t := newTable("", ">")
	t.bare = true
	t.add("checked steps", humanCount(s.Steps))
	t.add(speed, humanCount(int(perSecond)))
	t.add("collections", humanCount(s.Collections))
	t.add("objects removed", humanCount(s.Removed))
	v.console.print(t, "  ")
	v.blank()
	v.line("", "  rules of containerd   %s", shares(s.Rules))
	v.line("", "  schedules             %s", shares(s.Schedules))
	printNumbers(v.console, "FAULT", s.Faults)
	printNumbers(v.console, "RESULT", s.Codes)
	printNumbers(v.console, fmt.Sprintf("SITUATION (%d of %d reached)", len(sim.Marks())-len(s.Missing), len(sim.Marks())), s.Marks)
	v.list("Situations that were never reached:", stringsOf(s.Missing), true)
	if len(s.Failures) == 0 && !stopped {
		v.blank()
		v.line(dim, "More: --for 10m runs new seeds, --check-determinism runs each twice, --plant NAME shows how a bug is found.")
	}
}

// shares formats counts by name, for example "1.6: 10, 1.7: 16".
func shares(numbers map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		parts = append(parts, fmt.Sprintf("%s: %s", name, humanCount(numbers[name])))
	}
	return strings.Join(parts, ", ")
}

// printNumbers prints a table of counts in descending order.
func printNumbers[K ~string](c *console, title string, numbers map[K]int) {
	if len(numbers) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(numbers), func(a, b K) int {
		return cmp.Or(cmp.Compare(numbers[b], numbers[a]), cmp.Compare(a, b))
	})
	t := newTable(title, ">TIMES")
	for _, name := range names {
		t.add(string(name), humanCount(numbers[name]))
	}
	c.blank()
	c.print(t, "  ")
}

// stringsOf converts typed names to strings.
func stringsOf[S ~string](names []S) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return all
}
