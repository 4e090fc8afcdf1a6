package spec

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// Units is a table of the suffixes that a quantity may have.
type Units struct {
	name     string // for errors: "bytes"
	required bool   // only 0 may have no suffix
	units    []unit
}

// A unit is a suffix. One of them is size/of in the unit that a quantity has without a suffix.
type unit struct {
	suffix   string
	size, of int64
}

const day = 24 * time.Hour

// Tables of units. The order of ByteUnits is that in which an [Amount] prints.
var (
	ByteUnits = &Units{"bytes", true, []unit{
		{"TB", 1e12, 1}, {"GB", 1e9, 1}, {"MB", 1e6, 1}, {"kB", 1e3, 1},
		{"TiB", 1 << 40, 1}, {"GiB", 1 << 30, 1}, {"MiB", 1 << 20, 1}, {"KiB", 1 << 10, 1}, {"B", 1, 1},
	}}
	TimeUnits = &Units{"seconds", true, []unit{
		{"ns", 1, 1e9}, {"us", 1e3, 1e9}, {"µs", 1e3, 1e9}, {"ms", 1e6, 1e9}, {"s", 1, 1},
		{"m", 60, 1}, {"h", 3600, 1}, {"d", 86400, 1}, {"w", 604800, 1},
	}}
	FractionUnits = &Units{"fraction", false, []unit{{"%", 1, 100}}}
	NoUnits       = &Units{"number", false, nil}
)

// Suffixes returns the suffixes of the table, in order.
func (u *Units) Suffixes() (list []string) {
	for _, x := range u.units {
		list = append(list, x.suffix)
	}
	return list
}

// find returns the unit of a suffix. The second result is false if the suffix is unknown.
func (u *Units) find(suffix string) (unit, bool) {
	for _, x := range u.units {
		if x.suffix == suffix {
			return x, true
		}
	}
	return unit{"", 1, 1}, suffix == ""
}

// A term is a number and its suffix in a text: "1h30m" has two.
type term struct{ number, suffix string }

// cutTerm takes the first term off a text. An exponent belongs to the number: 1e9, 1e-3.
func cutTerm(text string) (t term, rest string) {
	digit := func(i int) bool { return i < len(text) && text[i] >= '0' && text[i] <= '9' }
	end := 0
	for digit(end) || end < len(text) && (text[end] == '.' || end == 0 && (text[0] == '-' || text[0] == '+')) {
		end++
	}
	if end > 0 && end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		exponent := end + 1
		if exponent < len(text) && (text[exponent] == '-' || text[exponent] == '+') {
			exponent++
		}
		if digit(exponent) {
			for end = exponent; digit(end); {
				end++
			}
		}
	}
	stop := end
	for stop < len(text) && !digit(stop) && text[stop] != '.' && text[stop] != '-' {
		stop++
	}
	return term{text[:end], text[end:stop]}, text[stop:]
}

// Quantity reads a number with a unit as a float64: bytes, seconds, or a plain number. It is finite and not negative.
// Only times have several terms (1h30m).
func Quantity(text string, u *Units) (sum float64, err error) {
	for rest, first := text, true; first || rest != ""; first = false {
		var t term
		t, rest = cutTerm(rest)
		unit, known := u.find(t.suffix)
		x, err := strconv.ParseFloat(t.number, 64)
		switch {
		case err != nil, !known, math.IsInf(x, 0), rest != "" && u != TimeUnits, t.suffix == "" && (!first || rest != ""):
			return 0, fmt.Errorf("%q is not a number in %s", text, u.name)
		case x < 0:
			return 0, fmt.Errorf("%q is negative", text)
		case t.suffix == "" && x != 0 && u.required:
			return 0, fmt.Errorf("%q has no unit (%s)", text, strings.Join(u.Suffixes(), ", "))
		}
		sum += float64(x * (float64(unit.size) / float64(unit.of)))
	}
	if math.IsInf(sum, 0) {
		return 0, fmt.Errorf("%q is too large", text)
	}
	return sum, nil
}

// ParseDuration reads a span of time to the nanosecond: 90s, 1h30m, 2d. It is not negative; 0 needs no unit.
func ParseDuration(text string) (sum time.Duration, err error) {
	bad := fmt.Errorf("%q is not a duration such as 90s, 2m, 48h or 60d", text)
	for rest := text; rest != "" || text == ""; {
		var t term
		t, rest = cutTerm(rest)
		factor := time.Duration(1)
		suffix := t.suffix
		switch suffix {
		case "d":
			suffix, factor = "h", 24
		case "w":
			suffix, factor = "h", 7*24
		}
		d, err := time.ParseDuration(t.number + suffix)
		if err != nil || d < 0 || d > math.MaxInt64/factor || sum > math.MaxInt64-d*factor || strings.HasPrefix(t.number, "-") || t.suffix == "" && t.number != text {
			return 0, bad
		}
		sum += d * factor
	}
	return sum, nil
}

// FormatDuration is the shortest text that [ParseDuration] reads: "2m", "36h", "60d".
func FormatDuration(d time.Duration) string {
	if d >= day && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// An Amount is a number of bytes or a percentage of a disk. The zero Amount is none.
//
// Invariant: at most one of the fields is not 0.
type Amount struct {
	Bytes   int64 // 0 <= Bytes
	Percent int   // 0 <= Percent <= 100
}

// String returns the amount as [ParseAmount] reads it, in the largest unit of which it is a multiple: "80%", "10GB",
// "7".
func (a Amount) String() string {
	if a.Percent != 0 {
		return strconv.Itoa(a.Percent) + "%"
	}
	for _, u := range ByteUnits.units {
		if u.size > 1 && a.Bytes != 0 && a.Bytes%u.size == 0 {
			return strconv.FormatInt(a.Bytes/u.size, 10) + u.suffix
		}
	}
	return strconv.FormatInt(a.Bytes, 10)
}

// Of returns the bytes of the amount on a disk of a size in bytes, rounded down.
func (a Amount) Of(disk int64) int64 {
	if a.Percent == 0 || disk <= 0 {
		return a.Bytes
	}
	return disk/100*int64(a.Percent) + disk%100*int64(a.Percent)/100
}

// ParseAmount reads a whole number of bytes, with or without a unit, or a percentage from 0% to 100%.
func ParseAmount(text string) (Amount, error) {
	if n, ok := strings.CutSuffix(text, "%"); ok {
		percent, err := strconv.Atoi(n)
		if err != nil || percent < 0 || percent > 100 {
			return Amount{}, fmt.Errorf("%q is not a percentage from 0%% to 100%%", text)
		}
		return Amount{Percent: percent}, nil
	}
	bad := fmt.Errorf("%q is not an amount such as 10GB, 1.5GiB or 80%%", text)
	t, rest := cutTerm(text)
	unit, known := ByteUnits.find(t.suffix)
	whole, decimals, _ := strings.Cut(t.number, ".")
	n, err := strconv.ParseUint(whole+decimals, 10, 63)
	scale := uint64(1)
	for range min(len(decimals), 18) {
		scale *= 10
	}
	if err != nil || !known || rest != "" || whole == "" || len(decimals) > 18 {
		return Amount{}, bad
	}
	high, low := bits.Mul64(n, uint64(unit.size))
	if high >= scale {
		return Amount{}, bad
	}
	bytes, left := bits.Div64(high, low, scale)
	if left != 0 || bytes > math.MaxInt64 {
		return Amount{}, bad
	}
	return Amount{Bytes: int64(bytes)}, nil
}
