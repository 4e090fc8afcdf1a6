package compare

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// CostModels returns the cost models of pauses: straight lines through the measurements of package figures. Schedules
// see the pauses of the first model, containerd's.
//
// A line starts at the origin: a line through the measurements of both 1,000 and 100,000 objects would start below
// zero. containerd was measured in the best case, with its file in memory and without sync. A daemon's disk adds to
// that.
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
		About: fmt.Sprintf("%s: %.0f ms for %d objects, and %.1f ms to remove %d",
			about, p.Mark.Seconds()*1e3, p.Objects, p.Remove.Seconds()*1e3, p.Removed),
		PerObject:  p.PerObject(),
		PerRemoved: p.PerRemoved(),
	}
}

// Pause returns the time for which a collection of a number of objects, some of which it removes, blocks writers.
func (c Cost) Pause(objects, removed int) time.Duration {
	seconds := c.Fixed + float64(c.PerObject*float64(objects)) + float64(c.PerRemoved*float64(removed))
	return time.Duration(seconds * 1e9)
}
