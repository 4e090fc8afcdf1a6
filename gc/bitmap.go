package gc

import "math"

// A bitmap is a set of small numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (m bitmap) has(i int) bool { return m[i>>6]&(1<<(i&63)) != 0 }
func (m bitmap) set(i int)      { m[i>>6] |= 1 << (i & 63) }

// grow makes room for n numbers. It at least doubles the capacity if it allocates.
func (m *bitmap) grow(n int) {
	words := (n + 63) / 64
	if words <= len(*m) {
		return
	}
	if words > cap(*m) {
		moved := make(bitmap, words, max(words, 2*cap(*m)))
		copy(moved, *m)
		*m = moved
		return
	}
	*m = (*m)[:words]
}

// objectSet returns the objects as a bitmap, nil for none.
func (g *Graph) objectSet(ids []ID) bitmap {
	if len(ids) == 0 {
		return nil
	}
	set := newBitmap(g.Len())
	for _, id := range ids {
		set.set(int(id))
	}
	return set
}

// addBytes adds two non-negative sizes and saturates, because sizes from files may be wrong.
func addBytes(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// addCounts adds two numbers of paths and saturates, because there can be exponentially many.
func addCounts(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
