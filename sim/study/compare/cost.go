package compare

import "time"

// CostModels are the cost models of pauses: straight lines through what was measured. The first is what the schedules
// are told of how long a collection kept writers waiting.
//
// The slopes are those of the table "Speed" in the project's README: a collection in which nothing is garbage, of 1,000
// and of 100,000 objects, took containerd's package over bbolt 5.98 ms and 1027 ms, and this engine 0.71 ms and 104.5 ms,
// of CPU on one machine. A line through both points would begin below zero: it goes through the origin and the larger
// one. Collecting a real database of 27.7 MB took 47.7 ms and 18.9 ms more than only planning it, in which it removed
// 6,335 objects. containerd's was measured at its best: its file in memory, and no sync. A daemon's disk adds to that.
func CostModels() []Cost {
	return []Cost{
		{
			Name:       "containerd",
			About:      "containerd 2.4.2 over bbolt 1.5.0, measured without a disk: 1027 ms for 100,000 objects (so 10 s for a million), and 47.7 ms for removing 6,335",
			PerObject:  10.27e-6,
			PerRemoved: 7.5e-6,
		},
		{
			Name:       "holdfast",
			About:      "this engine, measured likewise: 104.5 ms for 100,000 objects, and 18.9 ms for removing 6,335",
			PerObject:  1.045e-6,
			PerRemoved: 3.0e-6,
		},
	}
}

// Pause is how long a collection that looks at so many objects and removes some of them stops writers.
func (c Cost) Pause(objects, removed int) time.Duration {
	seconds := c.Fixed + float64(c.PerObject*float64(objects)) + float64(c.PerRemoved*float64(removed))
	return time.Duration(seconds * 1e9)
}
