package profile

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

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
