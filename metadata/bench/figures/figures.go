package figures

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Implementations that the benchmarks compare.
const (
	Holdfast   Implementation = "holdfast"   // this module's metadata over memkv
	Containerd Implementation = "containerd" // containerd's own package over bbolt, on tmpfs and without sync
)

// An Implementation names one side of a comparison.
type Implementation string

// Names of rows that are no calls. The other rows have the name of their call, such as "image Create".
const (
	GarbageCollect = "GarbageCollect of everything, no garbage" // Sizes 1,000 and 100,000; without a kept graph
	OpenAndPlan    = "open 27.7 MB and plan, no garbage"        // Size 0
	OpenAndCollect = "open 27.7 MB and collect"                 // Size 0; removes [RemovedObjects]
)

// RemovedObjects is the number of objects that the collection of the row [OpenAndCollect] removes.
const RemovedObjects = 6357

// A Source says how the figures were obtained.
type Source struct {
	Command string // the command to run again
	Run     string // the kept output, a path from the root of the module
	Commit  string // the commit that was measured, abbreviated
	Date    string // year-month-day, UTC
	Machine string // the processor, and the number of cores
	Go      string // the version of Go, as in "go1.26.0"
}

// A Row compares one operation in both implementations.
type Row struct {
	Name       string
	Size       int           // stored objects of each kind (in GarbageCollect: objects altogether); 0 if the row has no scale
	Holdfast   time.Duration // CPU time of one operation, for files wall-clock time, the median
	Containerd time.Duration // likewise
	Ratio      Quartiles     // how many times faster Holdfast is
}

// Quartiles are the first quartile, the median and the third quartile of a sample.
type Quartiles struct{ Q1, Median, Q3 float64 }

// Rows returns the benchmark table. The caller owns the slice.
func Rows() []Row { return slices.Clone(rows) }

// A Pause is a measurement of how long a garbage collection locks writers out. See [PauseOf].
type Pause struct {
	Fixed   time.Duration // of each collection
	Objects int           // objects in the database
	Mark    time.Duration // for these objects, in addition
	Removed int           // images, blobs and snapshots that a collection removes
	Remove  time.Duration // for removing these, in addition
}

// PauseOf returns the pauses of an implementation: medians of an aged database of 100,000 objects with backends. The
// time in which containerd removes objects is that of [OpenAndCollect] beyond [OpenAndPlan]. PauseOf panics if the
// implementation is unknown. Holdfast's lock does not depend on the number of objects.
func PauseOf(i Implementation) Pause {
	p, ok := pauses[i]
	if !ok {
		panic(fmt.Sprintf("figures: no implementation %q", i))
	}
	return p
}

// PerObject returns the seconds that a collection takes for each object in the database.
func (p Pause) PerObject() float64 { return p.Mark.Seconds() / float64(p.Objects) }

// PerRemoved returns the additional seconds that a collection takes for each object that it removes.
func (p Pause) PerRemoved() float64 { return p.Remove.Seconds() / float64(p.Removed) }

// Rounded returns a duration with three significant digits.
func Rounded(d time.Duration) string {
	value, unit := float64(d)/1e3, "µs"
	for _, larger := range []string{"ms", "s"} {
		if value < 999.5 {
			break
		}
		value, unit = value/1e3, larger
	}
	return strconv.FormatFloat(value, 'g', 3, 64) + " " + unit
}
