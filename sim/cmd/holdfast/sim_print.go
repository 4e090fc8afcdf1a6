package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/holdfast-gc/holdfast/sim"
)

// progress tells how far a campaign has come: by a bar on a terminal, by a line now and then otherwise.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: lines
	began time.Time
	last  time.Time
}

// progressEvery is how long there is between two lines.
const progressEvery = 10 * time.Second

func newProgress(w io.Writer, seeds int, began time.Time) *progress {
	p := &progress{w: w, began: began, last: began}
	if !takesColours(w) {
		return p
	}
	if seeds == 0 {
		seeds = -1 // a spinner
	}
	p.bar = progressbar.NewOptions(seeds, progressbar.OptionSetWriter(w), progressbar.OptionShowCount(),
		progressbar.OptionSetDescription("seeds"), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	return p
}

func (p *progress) show(s *sim.Summary) {
	now := systemTime()
	rate := float64(s.Steps) / max(now.Sub(p.began).Seconds(), 1e-9)
	switch {
	case p.bar != nil:
		p.bar.Describe(fmt.Sprintf("%s steps, %s/s", humanCount(s.Steps), humanCount(int(rate))))
		_ = p.bar.Set(s.Seeds)
	case now.Sub(p.last) >= progressEvery:
		p.last = now
		fmt.Fprintf(p.w, "%s, %s, %s a second, %s\n", plural(s.Seeds, "seed", "seeds"), plural(s.Steps, "step", "steps"),
			humanCount(int(rate)), plural(len(s.Failures), "failure", "failures"))
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

func (v *simulation) print(s *sim.Summary, took time.Duration) {
	result := cell{"nothing went wrong", green}
	if n := len(s.Failures); n > 0 {
		result = cell{plural(n, "seed went wrong", "seeds went wrong"), red}
	}
	v.line(bold, "%s from %d on: %s.", plural(s.Seeds, "seed", "seeds"), v.campaign.Seed, result.text)
	v.line("", "")
	t := newTable("", ">")
	t.bare = true
	t.add("steps", humanCount(s.Steps))
	t.add("steps a second", humanCount(int(float64(s.Steps)/took.Seconds())))
	t.add("collections", humanCount(s.Collections))
	t.add("objects removed", humanCount(s.Removed))
	v.console.print(t, "  ")
	v.printNumbers("FAULT", s.Faults)
	v.printNumbers("RESULT", s.Codes)
	v.printNumbers("SITUATION", s.Marks)
	v.list("Situations that were never met:", s.Missing, true)
}

// printNumbers prints how often there was what, the most frequent first.
func (v *simulation) printNumbers(title string, numbers map[string]int) {
	if len(numbers) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(numbers), func(a, b string) int {
		return cmp.Or(cmp.Compare(numbers[b], numbers[a]), strings.Compare(a, b))
	})
	t := newTable(title, ">TIMES")
	for _, name := range names {
		t.add(name, humanCount(numbers[name]))
	}
	v.line("", "")
	v.console.print(t, "  ")
}

// How many of the last steps of a run, and of the calls of a short trace, are printed.
const (
	lastSteps  = 10
	shortCalls = 40
)

func (v *simulation) printFailure(o finding) {
	f := o.Failure
	v.line("", "")
	v.line(red, "Seed %d: %s", o.Seed, f.Rule)
	v.line("", "  %s", f.Detail)
	v.line("", "")
	v.line(dim, "holdfast %s; drawn: %+v", programVersion(), o.Drawn)
	again := fmt.Sprintf("holdfast sim --seed %d --seeds 1 --ops %d --profile %s", o.Seed, v.campaign.Ops, v.campaign.Profile)
	if v.campaign.CollectEvery > 0 {
		again += fmt.Sprintf(" --collect-every %d", v.campaign.CollectEvery)
	}
	if o.file == "" {
		v.line("", "At step %d. Again: %s --check-determinism", f.Step, again)
		return
	}
	v.line("", "")
	v.line(bold, "The last of %s:", plural(o.Steps, "step", "steps"))
	for _, op := range o.last {
		v.line(dim, "       %s", op)
	}
	v.line("", "")
	v.line(bold, "The shortest trace that was found, of %s:", plural(len(f.Trace), "call", "calls"))
	skipped := max(len(f.Trace)-shortCalls, 0)
	if skipped > 0 {
		v.line(dim, "  (%s before these)", plural(skipped, "call", "calls"))
	}
	for i, op := range f.Trace[skipped:] {
		v.line("", "%5d  %s", skipped+i+2, op) // line 1 of the file says how the node is made
	}
	v.line("", "")
	v.line("", "Check it again:  holdfast sim --check %s", o.file)
	v.line("", "Step through it: holdfast replay %s -v --until N", o.file)
	v.line("", "The whole run:   %s", again)
}

// programVersion is that of the module, as it was built.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
