package memkv

// An arena hands out memory in pieces of larger chunks: that takes less time and
// less room than allocating each piece. A chunk lives as long as any piece of
// it, which is why chunks are not large.
type arena struct {
	free    []byte
	entries []entry
	chunk   int // size of the last chunk
}

const (
	chunkMin   = 512
	chunkMax   = 16 << 10
	entriesMax = 128
)

// bytes returns room for n bytes, to be appended.
func (a *arena) bytes(n int) []byte {
	if n > chunkMax/4 {
		return make([]byte, 0, n)
	}
	if n > len(a.free) {
		if a.chunk == 0 {
			// The first request may well be the only one.
			a.chunk = chunkMin
			return make([]byte, 0, n)
		}
		a.chunk = min(2*a.chunk, chunkMax)
		a.free = make([]byte, max(a.chunk, n))
	}
	piece := a.free[:0:n]
	a.free = a.free[n:]
	return piece
}

// pair returns copies of a key and a value.
func (a *arena) pair(key, value []byte) (k, v string) {
	both := alias(append(append(a.bytes(len(key)+len(value)), key...), value...))
	return both[:len(key)], both[len(key):]
}

func (a *arena) text(s string) string {
	return alias(append(a.bytes(len(s)), s...))
}

func (a *arena) entry(e entry) *entry {
	if len(a.entries) == cap(a.entries) {
		a.entries = make([]entry, 0, min(max(4, 2*cap(a.entries)), entriesMax))
	}
	a.entries = append(a.entries, e)
	return &a.entries[len(a.entries)-1]
}
