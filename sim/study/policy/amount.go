package policy

import (
	"math/bits"

	"github.com/holdfast-gc/holdfast/gc/spec"
)

// An Amount is a number of bytes, or a percentage of a disk. Both 0 is none. See [SpaceOf].
type Amount = spec.Amount

// SpaceOf returns the bytes of an amount on a disk with a capacity in bytes, with buildkit's rounding. For example, 80
// % of a disk of 100 GB is 75 GB: buildkit rounds a percentage up to whole GiB, adds one GiB if it is whole already,
// and counts each GiB as 10⁹ bytes. On a disk of unknown size (capacity <= 0) a percentage is 2·10⁹ bytes.
func SpaceOf(a Amount, capacity int64) int64 {
	switch {
	case a.Percent == 0:
		return a.Bytes
	case capacity <= 0:
		return unknownDisk
	}
	return roundUp(portion(capacity, int64(a.Percent), 100))
}

const unknownDisk = 2e9

// roundUp converts bytes to gibibytes, rounded up, and returns that many gigabytes.
func roundUp(bytes int64) int64 { return (bytes>>30 + 1) * 1e9 }

// portion returns ⌊n·part/whole⌋ for 0 <= n and 0 <= part <= whole. The product may exceed an int64.
func portion(n, part, whole int64) int64 {
	hi, lo := bits.Mul64(uint64(n), uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole))
	return int64(q)
}

// keep returns the bytes of a build cache that buildkit keeps under a rule's caps. The cache holds total bytes and the
// disk has free bytes available. The result is the smaller of the maximum and the size that leaves minFree bytes free,
// but at least the reserved space. The result 0 means no cap, even if it comes out as 0. If only the reserved space is
// set, it is the cap.
func keep(total, free, reserved, most, minFree int64) int64 {
	if reserved == 0 && most == 0 && minFree == 0 {
		return 0
	}
	kept := most
	switch excess := minFree - free; {
	case excess > 0 && kept == 0:
		kept = total - excess
	case excess > 0:
		kept = min(kept, total-excess)
	case minFree != 0 && kept == 0:
		kept = total
	}
	return max(kept, reserved)
}
