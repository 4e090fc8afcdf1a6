package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/sim"
)

func (v *simulation) print(s *sim.Summary, took time.Duration, stopped bool) {
	style, result := green, "nothing went wrong"
	if n := len(s.Failures); n > 0 {
		style, result = red, plural(n, "seed went wrong", "seeds went wrong")
	}
	if stopped {
		result += " until it was stopped"
	}
	v.line(style, "%s from %d on: %s.", plural(s.Seeds, "seed", "seeds"), v.campaign.Seed, result)
	v.line("", "")
	t := newTable("", ">")
	t.bare = true
	t.add("steps, each checked", humanCount(s.Steps))
	t.add("steps a second", humanCount(int(rate(s, took))))
	t.add("collections", humanCount(s.Collections))
	t.add("objects removed", humanCount(s.Removed))
	v.console.print(t, "  ")
	v.line("", "")
	v.line("", "  rules of containerd   %s", shares(s.Rules))
	v.line("", "  schedules             %s", shares(s.Schedules))
	printNumbers(v.console, "FAULT", s.Faults)
	printNumbers(v.console, "RESULT", s.Codes)
	printNumbers(v.console, fmt.Sprintf("SITUATION (%d of %d met)", len(sim.Marks())-len(s.Missing), len(sim.Marks())), s.Marks)
	v.list("Situations that were never met:", stringsOf(s.Missing), true)
	if len(s.Failures) == 0 && !stopped {
		v.line("", "")
		v.line(dim, "Further: --for 10m for new seeds, --check-determinism, --plant NAME to see a bug found, --help.")
	}
}

// shares lists how many there are of each, by name.
func shares(numbers map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		parts = append(parts, fmt.Sprintf("%s: %s", name, humanCount(numbers[name])))
	}
	return strings.Join(parts, ", ")
}

// printNumbers prints how often there was what, the most frequent first.
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
	c.line("", "")
	c.print(t, "  ")
}

func stringsOf[S ~string](names []S) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return all
}
