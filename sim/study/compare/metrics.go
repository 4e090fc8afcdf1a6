package compare

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// A MetricDoc describes a metric. Of all of them less is better.
type MetricDoc struct {
	Name string // of [Metric]
	Unit string
	Doc  string
}

// Metrics describes every metric, in the order in which each policy has them.
func Metrics() (list []MetricDoc) {
	for _, m := range metrics {
		list = append(list, m.MetricDoc)
	}
	return list
}

// The metrics by which policies are called efficient.
const (
	meanBytes   = "mean bytes"
	pulledAgain = "bytes pulled again"
	evictions   = "evictions"
)

type metric struct {
	MetricDoc
	counts bool // it counts failures, or is true in spite of them
	of     func(o *outcome) float64
	least  func(o *outcome) float64 // a lower bound for the same served load; nil if none above 0 is known
}

var metrics = []metric{
	{MetricDoc{meanBytes, "bytes", "bytes of images, snapshots and builds on the disk, averaged over time"}, false,
		func(o *outcome) float64 { return o.used.total / o.seconds },
		func(o *outcome) float64 { return o.bounds.Used / o.seconds }},
	{MetricDoc{"p95 bytes", "bytes", "number of bytes that is not exceeded for 95 % of the time"}, false,
		func(o *outcome) float64 { return float64(o.used.quantile(0.95)) },
		func(o *outcome) float64 { return float64(o.bounds.P95) }},
	{MetricDoc{"peak bytes", "bytes", "largest number of bytes at any time"}, false,
		func(o *outcome) float64 { return float64(o.used.peak) },
		func(o *outcome) float64 { return float64(o.bounds.Peak) }},
	{MetricDoc{"garbage byte-hours", "byte-hours", "unreachable bytes on the disk, times the hours that they stay"}, false,
		func(o *outcome) float64 { return o.garbage / 3600 }, nil},
	{MetricDoc{"bytes pulled", "bytes", "bytes pulled and built in total"}, false,
		func(o *outcome) float64 { return float64(o.pulled) },
		func(o *outcome) float64 { return float64(o.bounds.Pulled) }},
	{MetricDoc{pulledAgain, "bytes", "of these, bytes that the node had before and evicted"}, false,
		func(o *outcome) float64 { return float64(o.again) }, nil},
	{MetricDoc{"time to removal", "seconds", "mean time from the moment at which a blob or snapshot becomes unreachable to its removal"}, false,
		func(o *outcome) float64 { return meanOf(o.waits) }, nil},
	{MetricDoc{"time to removal p95", "seconds", "time that 95 % of the removals do not exceed"}, false,
		func(o *outcome) float64 { return quantileOf(o.waits, 0.95) }, nil},
	{MetricDoc{"collections", "count", "garbage collections"}, true,
		func(o *outcome) float64 { return float64(o.collections) }, nil},
	{MetricDoc{"pause", "seconds", "mean time for which a collection blocks writers, by the first cost model"}, false,
		func(o *outcome) float64 { return meanOf(o.stops()) }, nil},
	{MetricDoc{"pause p95", "seconds", "time that 95 % of the pauses do not exceed"}, false,
		func(o *outcome) float64 { return quantileOf(o.stops(), 0.95) }, nil},
	{MetricDoc{"pause max", "seconds", "longest pause"}, false,
		func(o *outcome) float64 { return quantileOf(o.stops(), 1) }, nil},
	{MetricDoc{"pause total", "seconds", "sum of all pauses"}, false,
		func(o *outcome) float64 { return meanOf(o.stops()) * float64(len(o.pauses)) }, nil},
	{MetricDoc{evictions, "count", "of images and build records"}, true,
		func(o *outcome) float64 { return float64(o.evicted) }, nil},
	{MetricDoc{"disk full", "count", "containers, pulls and builds that found too little free space"}, true,
		func(o *outcome) float64 { return float64(o.full) }, nil},
	{MetricDoc{"never ran", "count", "of these, containers that lacked space until their time was over, and pulls and builds, which do not wait"}, true,
		func(o *outcome) float64 { return float64(o.failed) }, nil},
}

// stops returns the pauses by the first cost model.
func (o *outcome) stops() []time.Duration { return pausesOf(o.pauses, CostModels()[0]) }

func pausesOf(stops []stop, c Cost) (list []time.Duration) {
	for _, s := range stops {
		list = append(list, c.Pause(s.objects, s.removed))
	}
	return list
}

func meanOf(list []time.Duration) (seconds float64) {
	for _, d := range list {
		seconds += d.Seconds()
	}
	return seconds / max(float64(len(list)), 1)
}

// quantileOf returns the quantile of values.
func quantileOf(list []time.Duration, part float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(int(part*float64(len(list))), len(list)-1)].Seconds()
}

// quantile returns the time-weighted quantile of the gauge.
func (g *gauge) quantile(part float64) int64 {
	levels := slices.SortedFunc(slices.Values(g.levels), func(a, b level) int {
		return cmp.Or(cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.seconds, b.seconds))
	})
	all := 0.0
	for _, l := range levels {
		all += l.seconds
	}
	until := 0.0
	for _, l := range levels {
		if until += l.seconds; until >= float64(part*all) {
			return l.bytes
		}
	}
	return g.bytes
}

// CostModels returns the cost models of pauses: straight lines through the measurements of package figures. Schedules
// see the pauses of the first model, containerd's.
//
// containerd's line starts at the origin: a line through the measurements of both 10,000 and 100,000 objects would
// start below zero. It was measured in the best case, with its file in memory and without sync. A daemon's disk adds to
// that. Holdfast's pause does not depend on the number of objects.
func CostModels() []Cost {
	return []Cost{
		costModel(figures.Containerd, "containerd over bbolt, measured without a disk"),
		costModel(figures.Holdfast, "this engine, measured in the same way"),
	}
}

func costModel(i figures.Implementation, about string) Cost {
	p := figures.PauseOf(i)
	return Cost{
		Name: string(i),
		About: fmt.Sprintf("%s: %s for %d objects, and %s to remove %d",
			about, figures.Rounded(p.Fixed+p.Mark), p.Objects, figures.Rounded(p.Remove), p.Removed),
		Fixed:      p.Fixed.Seconds(),
		PerObject:  p.PerObject(),
		PerRemoved: p.PerRemoved(),
	}
}

// Pause returns the time for which a collection of a number of objects, some of which it removes, blocks writers.
func (c Cost) Pause(objects, removed int) time.Duration {
	seconds := c.Fixed + float64(c.PerObject*float64(objects)) + float64(c.PerRemoved*float64(removed))
	return time.Duration(seconds * 1e9)
}
