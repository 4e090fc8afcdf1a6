//go:build unix

package main

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	speedRuns  = flag.Int("campaign.speed", 0, "number of runs of each command line in TestCampaignSpeed (make campaign-speed)")
	speedSeeds = flag.Int("campaign.seeds", 4000, "number of seeds of each run in TestCampaignSpeed")
)

// A cost is the resources that a run used, in seconds.
type cost struct{ cpu, wall float64 }

// runCost runs processes at the same time until the first one ends. The others are interrupted then.
func runCost(t *testing.T, first []string, others ...func(first *process) []string) (c cost) {
	t.Helper()
	began := time.Now()
	all := []*process{startProcess(t, "", nil, first...)}
	for _, args := range others {
		all = append(all, startProcess(t, "", nil, args(all[0])...))
	}
	<-all[0].ended
	c.wall = time.Since(began).Seconds()
	for _, p := range all[1:] {
		p.interrupt()
	}
	for n, p := range all {
		if code := p.wait(t); code != exitOK && !(n > 0 && code == exitInterrupted) {
			t.Fatalf("%s: exit code %d: %s", p.cmd.Args, code, p.stderr())
		}
		c.cpu += (p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()).Seconds()
	}
	return c
}

// TestCampaignSpeed compares a campaign of one process with "holdfast sim", and two worker processes with one process
// of two workers, at equal seeds and workers. The command lines run by turns. Other load on the machine distorts the
// results, wall-clock time more than processor time.
func TestCampaignSpeed(t *testing.T) {
	if *speedRuns == 0 {
		t.Skip("measures for minutes: make campaign-speed")
	}
	t.Logf("%d seeds, 500 steps, 2 workers, %d processors", *speedSeeds, runtime.NumCPU())
	seeds := strings.Fields(fmt.Sprintf("--ops 500 --json --seeds %d", *speedSeeds))
	work := func(first *process) []string {
		return []string{"campaign", "work", "--workers", "1", "--server", first.says(t, "serving at")}
	}
	start := func(flags ...string) []string {
		return slices.Concat([]string{"campaign", "start", "sim", "--dir", t.TempDir()}, seeds, flags)
	}
	var simulation, one, two []cost
	for range *speedRuns {
		simulation = append(simulation, runCost(t, append([]string{"sim", "--workers", "2"}, seeds...)))
		one = append(one, runCost(t, start("--workers", "2")))
		two = append(two, runCost(t, start("--coordinate-only", "--serve", "0"), work, work))
		t.Logf("sim %.2f, campaign %.2f, two worker processes %.2f", last(simulation), last(one), last(two))
	}
	cpu, wall := func(c cost) float64 { return c.cpu }, func(c cost) float64 { return c.wall }
	t.Logf("campaign / sim, processor time:                   %s, aim: at most 1.05", ratios(one, simulation, cpu))
	t.Logf("campaign / sim, wall-clock time:                  %s, aim: at most 1.05", ratios(one, simulation, wall))
	t.Logf("speed of two processes / one, processor time:     %s, aim: at least 0.95", ratios(one, two, cpu))
	t.Logf("speed of two processes / one, wall-clock time:    %s, aim: at least 0.95", ratios(one, two, wall))
}

func last(costs []cost) cost { return costs[len(costs)-1] }

// ratios formats the median and the spread of the ratios of two series, pair by pair.
func ratios(a, b []cost, of func(cost) float64) string {
	var list []float64
	for n := range a {
		list = append(list, of(a[n])/of(b[n]))
	}
	slices.Sort(list)
	median := (list[(len(list)-1)/2] + list[len(list)/2]) / 2
	return fmt.Sprintf("%.3f (%.3f to %.3f, %d pairs)", median, list[0], list[len(list)-1], len(list))
}
