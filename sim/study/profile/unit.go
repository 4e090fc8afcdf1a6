package profile

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Unit is what a figure counts.
type Unit string

const (
	Bytes    Unit = "bytes"
	Seconds  Unit = "seconds"
	Number   Unit = "number"
	Fraction Unit = "fraction" // from 0 to 1
	PerDay   Unit = "per day"
	Rank     Unit = "rank" // 1 is the most popular
)

// suffixes are what a number in a unit may end in. Time and bytes need one, but 0.
var suffixes = map[Unit]map[string]float64{
	Bytes: {
		"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	},
	Seconds: {"ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800},
}

// parse reads a number in the unit. It is finite and not negative.
func (u Unit) parse(text string) (float64, error) {
	number := strings.TrimRight(text, "BKMGTikdhmsw")
	suffix := text[len(number):]
	scale, known := suffixes[u][suffix]
	if !known && suffix != "" {
		return 0, fmt.Errorf("%q is not a number in %s", text, u)
	}
	x, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil || math.IsInf(x, 0) || x != x || strings.ContainsAny(number, "xX_"):
		return 0, fmt.Errorf("%q is not a number in %s", text, u)
	case x < 0:
		return 0, fmt.Errorf("%q is negative", text)
	case u == Fraction && x > 1:
		return 0, fmt.Errorf("%q is not a fraction from 0 to 1", text)
	case known:
		return x * scale, nil
	case x != 0 && suffixes[u] != nil:
		return 0, fmt.Errorf("%q has no unit (of %s)", text, u)
	}
	return x, nil
}
