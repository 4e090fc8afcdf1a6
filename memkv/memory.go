package memkv

import "unsafe"

// Keys, values and packed buckets are strings, because strings are Go's immutable bytes. bolt's interface uses []byte.
// The functions view and alias convert between the two.

// view returns the bytes of s without a copy. Callers must not write to them. The result is never nil, because a nil
// value means "bucket" or "absent" to a caller.
func view(s string) []byte {
	if len(s) == 0 {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// alias returns b as a string without a copy. The string is valid until b is written to: long enough for a lookup, or
// for ever if b is a buffer of this package that is filled once.
func alias(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// own copies a caller's key and value into one new buffer.
func own(key, value []byte) (k, v string) {
	buffer := make([]byte, len(key)+len(value))
	copy(buffer, key)
	copy(buffer[len(key):], value)
	both := alias(buffer)
	return both[:len(key)], both[len(key):]
}

// An arena allocates small pieces from larger chunks. This takes less time and memory than separate allocations. A
// chunk lives as long as any of its pieces, so chunks are small.
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

// bytes returns an empty slice with capacity n.
func (a *arena) bytes(n int) []byte {
	if n > chunkMax/4 {
		return make([]byte, 0, n)
	}
	if n > len(a.free) {
		if a.chunk == 0 {
			// The first request may be the only one.
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
