package memkv

import "unsafe"

// Keys, values and packed buckets are kept as strings, because a string is
// what Go has for bytes that never change. The interface of bolt speaks
// []byte, and these two functions are the whole of the border between them.

// view returns the bytes of s without copying them. Nobody may write to them.
// It is never nil: a nil value means "bucket" or "absent" to a caller.
func view(s string) []byte {
	if len(s) == 0 {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// alias returns b as a string without copying it. The string is good for as
// long as nobody writes to b: long enough to look something up, or for ever if
// b is a buffer of ours that is filled and then left alone.
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
