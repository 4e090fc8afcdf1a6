package bench

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// implementations are the two sides, in the order in which every pair in this package has them.
var implementations = [2]figures.Implementation{figures.Holdfast, figures.Containerd}

// samplesPerRow is the number of samples of each row. benchstat needs at least 6 for a 95 % confidence interval.
const samplesPerRow = 10

// A row compares one operation in both implementations.
//
// Invariant: both slices of samples have the same length. Samples with the same index were measured next to each other
// in time, so their quotient is one sample of the speedup.
type row struct {
	name    string
	size    int     // stored objects of each kind; 0 if the row has no scale
	goal    float64 // the speedup that we aim for
	samples [2][]time.Duration
}

// ratios returns how many times faster Holdfast is, for each pair of samples.
func (r row) ratios() []float64 {
	var ratios []float64
	for i, holdfast := range r.samples[0] {
		ratios = append(ratios, float64(r.samples[1][i])/float64(holdfast))
	}
	return ratios
}

// figure reduces the samples to the row that is published.
func (r row) figure() figures.Row {
	ratios := r.ratios()
	return figures.Row{
		Name:       r.name,
		Size:       r.size,
		Holdfast:   quantile(r.samples[0], 2),
		Containerd: quantile(r.samples[1], 2),
		Ratio:      figures.Quartiles{Q1: quantile(ratios, 1), Median: quantile(ratios, 2), Q3: quantile(ratios, 3)},
	}
}

// quantile returns the given quartile of a sample: 2 is the median.
func quantile[T float64 | time.Duration](sample []T, quartile int) T {
	sorted := slices.Sorted(slices.Values(sample))
	return sorted[(len(sorted)-1)*quartile/4]
}

// A measurement runs an operation a few times and returns the mean CPU time of one.
type measurement func() (time.Duration, error)

// sample takes the samples of a row. Both implementations alternate, and change which of them begins. A sample is the
// mean of many turns in a row, and of at least two, so it has its share of the work of Go's garbage collector. Single
// turns that alternate don't: the work for the garbage of both may always fall into the turns of one.
func sample(tb testing.TB, budget time.Duration, both [2]measurement) (samples [2][]time.Duration) {
	for _, run := range both { // warm caches and pools
		_, err := run()
		must(tb, err)
	}
	runtime.GC() // so that no turn pays for the garbage of preparations
	first := 0
	for range samplesPerRow {
		for _, i := range [2]int{first, 1 - first} {
			samples[i] = append(samples[i], mean(tb, both[i], budget/samplesPerRow/2))
		}
		first = 1 - first
	}
	return samples
}

// mean runs an operation again and again for about the given time, but at least twice.
func mean(tb testing.TB, run measurement, budget time.Duration) time.Duration {
	var sum time.Duration
	turns := 0
	for start := time.Now(); turns < 2 || time.Since(start) < budget; turns++ {
		took, err := run()
		must(tb, err)
		sum += took
	}
	return sum / time.Duration(turns)
}

// turnSize is the number of calls in a turn: many enough that reading the clock twice, which takes more than 1 µs of
// processor time, counts for little, and few enough that both implementations run close together in time.
const turnSize = 128

// objects returns the objects for the calls of one turn.
func (c call) objects(size, count int) []*object {
	var list []*object
	for i := range count {
		at := size + i
		if !c.fresh {
			at = (i*7919 + size/2) % size // scattered over all stored objects
		}
		list = append(list, objectOf(at))
	}
	return list
}

// turn makes the call once for each object and returns the mean CPU time. Preparing and undoing are not timed.
func (c call) turn(s *side, objects []*object) (time.Duration, error) {
	each := func(fn func(*side, *object) error) (time.Duration, error) {
		if fn == nil {
			return 0, nil
		}
		start := cpuTime()
		for _, o := range objects {
			if err := fn(s, o); err != nil {
				return 0, err
			}
		}
		return (cpuTime() - start) / time.Duration(len(objects)), nil
	}
	if _, err := each(c.before); err != nil {
		return 0, err
	}
	took, err := each(c.do)
	if err != nil {
		return 0, err
	}
	_, err = each(c.after)
	return took, err
}

// measure compares a call on two databases with size objects of each kind.
func (c call) measure(tb testing.TB, budget time.Duration, both [2]*side, size int) row {
	count := turnSize
	if c.slow {
		count = 1
	}
	objects := c.objects(size, count)
	var runs [2]measurement
	for i, s := range both {
		runs[i] = func() (time.Duration, error) { return c.turn(s, objects) }
	}
	return row{c.name, size, c.goal, sample(tb, budget, runs)}
}

// cpuTime returns the processor time that this process has used. No measured operation waits for anything, so on an
// idle machine it equals elapsed time, and on a busy one it still is the cost of the operation. It includes the
// concurrent work of Go's garbage collector.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// reportCPU adds the CPU time since start to a benchmark's results.
func reportCPU(b *testing.B, start time.Duration) {
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
}
