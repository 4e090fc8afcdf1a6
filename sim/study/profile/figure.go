package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// A Figure is a quantity of a profile: how it is distributed, and why one should
// believe that.
type Figure struct {
	Unit     Unit
	Evidence Evidence
	Source   string

	distribution Distribution
	least        float64 // smaller samples count as this
}

// An Evidence says how reliable the source of a figure is.
type Evidence string

const (
	Primary   Evidence = "P"       // the source file, official page or abstract was read
	Secondary Evidence = "S"       // notes or press about the source were read
	Derived   Evidence = "D"       // computed from such figures
	Assumed   Evidence = "assumed" // nobody has published it
)

var evidences = []Evidence{Primary, Secondary, Derived, Assumed}

// Sample draws a value: bytes, seconds, or a number. It takes exactly one draw from
// random. The zero Figure is always 0.
func (f Figure) Sample(random *rand.Rand) float64 { return f.Quantile(random.Float64()) }

// Quantile returns the value that a fraction u of all values does not exceed.
func (f Figure) Quantile(u float64) float64 {
	if f.distribution == nil {
		return 0
	}
	return max(f.distribution.Quantile(u), f.least)
}

// Median returns the median; of a constant, the constant.
func (f Figure) Median() float64 { return f.Quantile(0.5) }

// Max returns the largest value: of a rank, the number of ranks. It may be infinite.
func (f Figure) Max() float64 { return f.Quantile(1) }

// Bytes draws a whole number of bytes.
func (f Figure) Bytes(random *rand.Rand) int64 { return whole(f.Sample(random)) }

// Count draws a whole number.
func (f Figure) Count(random *rand.Rand) int {
	return int(min(whole(f.Sample(random)), math.MaxInt32))
}

// Duration draws a time span, to the nanosecond; at most about 292 years.
func (f Figure) Duration(random *rand.Rand) time.Duration {
	return time.Duration(whole(f.Sample(random) * 1e9))
}

// Happens draws whether an event happens. Its probability is the median, which is the value of a constant Fraction.
func (f Figure) Happens(random *rand.Rand) bool { return random.Float64() < f.Median() }

// whole rounds to an int64, clamped to the largest.
func whole(x float64) int64 {
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(math.Round(x))
}

// A Unit is the unit of a figure.
type Unit string

// The units of figures.
const (
	Bytes    Unit = "bytes"
	Seconds  Unit = "seconds"
	Number   Unit = "number"
	Fraction Unit = "fraction" // from 0 to 1
	PerDay   Unit = "per day"
	Rank     Unit = "rank" // 1 is the most popular
)

// suffixes has the table of suffixes of each unit. Units without a row have none.
var suffixes = map[Unit]*spec.Units{Bytes: spec.ByteUnits, Seconds: spec.TimeUnits, Fraction: spec.FractionUnits}

// parse reads a number in the unit. The result is finite and not negative.
func (u Unit) parse(text string) (float64, error) {
	table := suffixes[u]
	if table == nil {
		table = spec.NoUnits
	}
	x, err := spec.Quantity(text, table)
	if err == nil && u == Fraction && x > 1 {
		err = fmt.Errorf("%q is not a fraction from 0 to 1", text)
	}
	return x, err
}
