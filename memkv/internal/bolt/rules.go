package bolt

import (
	"bytes"
	"fmt"
)

// A span is the range of a subtree's keys: low <= key < high. A nil bound is unlimited.
type span struct{ low, high []byte }

// only returns the range of a single key.
func only(key []byte) span { return span{key, append(key[:len(key):len(key)], 0)} }

// within reports whether the key and value of an element lie after those of the previous element, which end at byte
// free, and inside a page of size bytes. So the elements of a page together are no larger than the page.
func (e element) within(free, size uint64) bool {
	return e.keyLength > 0 && e.start >= free && e.end() <= size
}

// describeElement describes an element that is not within.
func describeElement(e element, free, size uint64) string {
	switch {
	case e.keyLength == 0:
		return "the key is empty"
	case e.start < free:
		return fmt.Sprintf("its data begins at byte %d of the page, inside the preceding data, which ends at byte %d", e.start, free)
	}
	return fmt.Sprintf("its data ends at byte %d of a page of %d bytes", e.end(), size)
}

// ascending reports whether key may follow previous, which is nil before the first key.
func ascending(previous, key []byte) bool {
	return previous == nil || bytes.Compare(previous, key) < 0
}

func (s span) contains(key []byte) bool {
	return bytes.Compare(s.low, key) <= 0 && (s.high == nil || bytes.Compare(key, s.high) < 0)
}

// describeOrder describes a key that is not ascending or not in its range.
func describeOrder(key, previous []byte, keys span) string {
	switch {
	case !ascending(previous, key):
		return fmt.Sprintf("key %s does not come after %s", quote(key), quote(previous))
	case bytes.Compare(key, keys.low) < 0:
		return fmt.Sprintf("key %s comes before %s, where its branch page lets this page begin", quote(key), quote(keys.low))
	}
	return fmt.Sprintf("key %s does not come before %s, where its branch page lets the next page begin", quote(key), quote(keys.high))
}
