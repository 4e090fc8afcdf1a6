package bolt

import (
	"bytes"
	"fmt"
)

// span is where a subtree's keys must lie: low <= key < high. A nil bound is none.
type span struct{ low, high []byte }

// within reports whether the key and value of an element are where they may be: behind those of the
// element before, which end at byte free, and inside of a page of size bytes. So all elements of a
// page together are no larger than the page.
func (e element) within(free, size uint64) bool {
	return e.keyLength > 0 && e.start >= free && e.end() <= size
}

// misplaced says why an element is not within.
func misplaced(e element, free, size uint64) string {
	switch {
	case e.keyLength == 0:
		return "the key is empty"
	case e.start < free:
		return fmt.Sprintf("its data begins at byte %d of the page, inside of what comes before it, which ends at byte %d", e.start, free)
	}
	return fmt.Sprintf("its data ends at byte %d of a page of %d bytes", e.end(), size)
}

// ascending reports whether key may come after previous, which is nil before the first key.
func ascending(previous, key []byte) bool {
	return previous == nil || bytes.Compare(previous, key) < 0
}

func (s span) contains(key []byte) bool {
	return bytes.Compare(s.low, key) <= 0 && (s.high == nil || bytes.Compare(key, s.high) < 0)
}

// disordered says why key is not ascending or not in its range.
func disordered(key, previous []byte, keys span) string {
	switch {
	case !ascending(previous, key):
		return fmt.Sprintf("key %s does not come after %s", quote(key), quote(previous))
	case bytes.Compare(key, keys.low) < 0:
		return fmt.Sprintf("key %s comes before %s, where its branch page lets this page begin", quote(key), quote(keys.low))
	}
	return fmt.Sprintf("key %s does not come before %s, where its branch page lets the next page begin", quote(key), quote(keys.high))
}
