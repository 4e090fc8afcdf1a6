//go:build unix

package fleet_test

import (
	"bytes"
	"container/heap"
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/CAMPAIGNS.md that are generated from the measured costs")

// The processor time of one embedded server for its messages, with that of its clients, as measured by
//
//	go test ./sim/cmd/holdfast/internal/fleet -run '^$' -bench 'Costs' -cpu 1 -benchtime 2000x -count 5
//
// The constants are the medians, of two busy cores in November 2026. The clients' part makes the model pessimistic.
const (
	taskCost   = 377 * time.Microsecond // cost/task: queue, fetch, store and acknowledge
	reportCost = 155 * time.Microsecond // cost/report: one report that a task is in progress
	mergeCost  = 59 * time.Microsecond  // cost/result: the coordinator reads a result
)

const (
	resultBytes = 2560 // of the results of BenchmarkCosts, about those of a simulation
	storeBytes  = 2 << 30
	reportEvery = fleet.DefaultAckWait / 3
)

// processorTime returns the processor time of this process.
func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkCosts measures the costs of the model. The unit is processor time.
func BenchmarkCosts(b *testing.B) {
	measure := func(b *testing.B, unit string, run func()) {
		b.ResetTimer()
		began := processorTime()
		run()
		b.ReportMetric(float64((processorTime()-began).Microseconds())/float64(b.N), "cpu-µs/"+unit)
	}
	result := bytes.Repeat([]byte("0123456789abcdef"), resultBytes/16)
	b.Run("task", func(b *testing.B) {
		r := newRig(b, b.TempDir())
		worker := newSum(0)
		worker.run = func(fleet.Task, func() bool) ([]byte, error) { return result, nil }
		defer r.work(worker, 16, 0)()
		measure(b, "task", func() { r.coordinate(b, r.create(b, fmt.Sprint(b.N), nil), newSum(b.N)) })
	})
	b.Run("report", func(b *testing.B) {
		r := newRig(b, b.TempDir())
		c := r.create(b, "x", nil)
		ctx, stop := context.WithCancel(r.ctx)
		_ = c.Coordinate(ctx, newSum(1), 1, func(p fleet.Progress) {
			if p.Planned > 0 {
				stop()
			}
		})
		measure(b, "report", func() { c.Report(b, r.ctx, b.N) })
	})
	b.Run("result", func(b *testing.B) {
		r := newRig(b, b.TempDir())
		worker := newSum(0)
		worker.run = func(fleet.Task, func() bool) ([]byte, error) { return result, nil }
		end := r.work(worker, 16, 0)
		c := r.create(b, "x", nil)
		r.coordinate(b, c, newSum(b.N))
		end()
		measure(b, "result", func() {
			if _, err := c.Read(r.ctx, newSum(b.N)); err != nil {
				b.Fatal(err)
			}
		})
	})
}

// A fleetLoad is a number of workers with tasks of a mean duration.
type fleetLoad struct {
	workers int
	task    time.Duration
}

// An outcome is the behaviour of a server and a coordinator under load, in steady state.
type outcome struct {
	rate        float64       // tasks per second
	server      float64       // part of its time that the server is busy with tasks and reports
	coordinator float64       // part of its time that the coordinator is busy
	wait        time.Duration // of a worker for one task, on average, from its request to its acknowledgement
	full        time.Duration // until the results of a campaign fill their store
}

// simulate runs the closed queue of a fleet: each worker works on a task for a random, exponentially distributed time,
// and then waits until the server has handled its messages, one task at a time. Reports take a part of the server's
// time.
func (l fleetLoad) simulate() (o outcome) {
	const warmUp, count = 20_000, 100_000
	random := rand.New(rand.NewPCG(1, 2))
	reports := float64(l.workers) * reportCost.Seconds() / reportEvery.Seconds()
	if l.task < reportEvery {
		reports *= math.Exp(-reportEvery.Seconds() / l.task.Seconds()) // few tasks last long enough
	}
	cost := taskCost.Seconds() / max(1-reports, 1e-3)
	var ready times
	for range l.workers {
		heap.Push(&ready, random.ExpFloat64()*l.task.Seconds())
	}
	free, began, waited := 0.0, 0.0, 0.0
	for n := range warmUp + count {
		if n == warmUp {
			began, waited = free, 0
		}
		request := heap.Pop(&ready).(float64)
		free = max(free, request) + cost
		waited += free - request
		heap.Push(&ready, free+random.ExpFloat64()*l.task.Seconds())
	}
	o.rate = count / (free - began)
	o.server = min(o.rate*taskCost.Seconds()+reports, 1)
	o.coordinator = min(o.rate*mergeCost.Seconds(), 1)
	o.wait = time.Duration(waited / count * float64(time.Second))
	o.full = time.Duration(storeBytes / (o.rate * resultBytes) * float64(time.Second))
	return o
}

// times is a heap of moments, in seconds.
type times []float64

func (h times) Len() int           { return len(h) }
func (h times) Less(a, b int) bool { return h[a] < h[b] }
func (h times) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *times) Push(x any)        { *h = append(*h, x.(float64)) }
func (h *times) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// limit names the resource that ends first: the server, or the store of results within a night.
func (o outcome) limit() string {
	switch {
	case o.server > 0.9:
		return "server"
	case o.coordinator > 0.9:
		return "coordinator"
	case o.full < 8*time.Hour:
		return "store"
	}
	return "none"
}

var loads = []fleetLoad{
	{2, 10 * time.Second}, {100, time.Second}, {100, 10 * time.Second},
	{1000, 100 * time.Millisecond}, {1000, time.Second}, {1000, 10 * time.Second}, {1000, 100 * time.Second},
	{10_000, 100 * time.Second},
}

// TestLoad compares the model with known limits of closed queues, and the table of docs/CAMPAIGNS.md with the model.
func TestLoad(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "| workers | task | tasks per second | server busy | wait per task | coordinator busy | store full after | limit |\n|---:|---:|---:|---:|---:|---:|---:|---|\n")
	for _, l := range loads {
		o := l.simulate()
		most := min(float64(l.workers)/(l.task+taskCost).Seconds(), 1/taskCost.Seconds())
		if o.rate > most*1.02 || o.server < 0.9 && o.rate < most*0.95 {
			t.Errorf("%+v: %.1f tasks per second, at most %.1f are possible", l, o.rate, most)
		}
		full := fmt.Sprintf("%.1f h", o.full.Hours())
		if o.full > 90*24*time.Hour {
			full = "over 90 days"
		} else if o.full > 48*time.Hour {
			full = fmt.Sprintf("%.0f days", o.full.Hours()/24)
		}
		fmt.Fprintf(&table, "| %d | %g s | %.4g | %.3g %% | %.3g ms | %.3g %% | %s | %s |\n",
			l.workers, l.task.Seconds(), o.rate, 100*o.server, float64(o.wait.Microseconds())/1000, 100*o.coordinator, full, o.limit())
	}
	costs := fmt.Sprintf("| message | processor time |\n|---|---:|\n| a task: queue, fetch, store, acknowledge | %d µs |\n| a report of a long task | %d µs |\n| a result that the coordinator reads | %d µs |\n",
		taskCost.Microseconds(), reportCost.Microseconds(), mergeCost.Microseconds())
	const path = "../../../../../docs/CAMPAIGNS.md"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := block(t, string(old), "costs", costs)
	text = block(t, text, "load", table.String())
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if text != string(old) {
		t.Errorf("docs/CAMPAIGNS.md has other tables; rewrite them with: go test ./sim/cmd/holdfast/internal/fleet -run TestLoad -update")
	}
}

// block replaces a generated block of a document.
func block(t *testing.T, text, name, content string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, "<!-- model: "+name+" -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end of model -->")
	if !found || !ended {
		t.Fatalf("the block <!-- model: %s --> is missing", name)
	}
	return before + "<!-- model: " + name + " -->\n" + content + "<!-- end of model -->" + after
}
