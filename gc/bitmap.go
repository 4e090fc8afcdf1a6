package gc

// A bitmap is a set of small numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (m bitmap) has(i int) bool { return m[i>>6]&(1<<(i&63)) != 0 }
func (m bitmap) set(i int)      { m[i>>6] |= 1 << (i & 63) }

// grow makes room for n numbers, at least doubling when it must move.
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
