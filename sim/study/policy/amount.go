package policy

import (
	"math/bits"
	"strconv"
	"strings"
)

// An Amount is a number of bytes, or a part of a disk. At most one of the two is
// not 0; both 0 is none.
type Amount struct {
	Bytes   int64
	Percent int
}

// units are what a number of bytes may end in, the largest first among those
// that an Amount prints.
var units = []struct {
	name  string
	bytes int64
}{
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3},
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"B", 1}, {"", 1},
}

// String is the amount as [ParseAmount] reads it: "80%", "10GB", "512MiB", "7".
func (a Amount) String() string {
	if a.Percent != 0 {
		return strconv.Itoa(a.Percent) + "%"
	}
	for _, u := range units {
		if u.bytes > 1 && a.Bytes != 0 && a.Bytes%u.bytes == 0 {
			return strconv.FormatInt(a.Bytes/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(a.Bytes, 10)
}

// ParseAmount reads a whole number of bytes with or without a unit (kB, MB, GB,
// TB of 1000; KiB, MiB, GiB, TiB of 1024), or a percentage from 0% to 100%.
func ParseAmount(s string) (Amount, error) {
	if n, ok := strings.CutSuffix(s, "%"); ok {
		percent, err := strconv.Atoi(n)
		if err != nil || percent < 0 || percent > 100 {
			return Amount{}, invalid("%q is not a percentage from 0%% to 100%%", s)
		}
		return Amount{Percent: percent}, nil
	}
	number := strings.TrimRight(s, "BKMGTik")
	for _, u := range units {
		if u.name != s[len(number):] {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 || n > (1<<63-1)/u.bytes {
			break
		}
		return Amount{Bytes: n * u.bytes}, nil
	}
	return Amount{}, invalid("%q is not an amount such as 10GB, 512MiB or 80%%", s)
}

// Of is the amount on a disk of a capacity in bytes, as buildkit counts: a
// percentage is rounded up to the next whole number of GiB, one more if it is
// whole already, each of which then counts 10⁹ bytes; on a disk of unknown size
// it is 2·10⁹.
func (a Amount) Of(capacity int64) int64 {
	switch {
	case a.Percent == 0:
		return a.Bytes
	case capacity <= 0:
		return unknownDisk
	}
	return roundUp(portion(capacity, int64(a.Percent), 100))
}

const unknownDisk = 2e9

// roundUp makes gibibytes, rounded up, into gigabytes.
func roundUp(bytes int64) int64 { return (bytes>>30 + 1) * 1e9 }

// portion is ⌊n·part/whole⌋, where 0 ≤ n and 0 ≤ part ≤ whole, or n ≤ whole and
// part is small; the product may be larger than an int64.
func portion(n, part, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(n), uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}
