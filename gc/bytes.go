package gc

import "math"

// addBytes adds two sizes, neither negative, and stops at the largest there is:
// sizes come from files that may lie.
func addBytes(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// addCounts is addBytes for numbers of paths, of which there can be
// exponentially many.
func addCounts(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
