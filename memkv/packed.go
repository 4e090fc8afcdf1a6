package memkv

// The packed form of a small bucket is one string:
//
//	sequence { key length<<1 | is bucket, key, data length, data }
//
// All numbers are unsigned varints. Entries are in ascending order of their keys. The data of an entry is its value or
// a nested packed bucket. The empty string is the empty bucket with sequence 0.

// packedSizeMax is the maximum size in bytes of the entries of a packed bucket. Its maximum number of entries is
// fewMax.
const packedSizeMax = 4096

// packedSequence returns the sequence of a packed bucket and the index of its first entry.
func packedSequence(packed string) (sequence uint64, start int) {
	if packed == "" {
		return 0, 0
	}
	sequence, start, _ = uvarint(packed, 0)
	return sequence, start
}

// A scanner walks over a packed bucket. It is a value and allocates nothing.
//
// Invariant: 0 <= at <= next <= len(packed); key and data are substrings of packed[at:next] after a step.
type scanner struct {
	packed string
	at     int // index of the current entry
	next   int // index of the following entry
	key    string
	data   string
	bucket bool
	broken bool // the packed form is malformed from next on
}

// scan returns a scanner positioned before the first entry.
func scan(packed string) scanner {
	_, start := packedSequence(packed)
	return scanner{packed: packed, at: start, next: start}
}

// step moves to the next entry and reports whether there is one.
func (s *scanner) step() bool {
	if s.next >= len(s.packed) {
		return false
	}
	head, i, ok := uvarint(s.packed, s.next)
	if !ok || head>>1 > uint64(len(s.packed)-i) {
		s.broken = true
		return false
	}
	key := s.packed[i : i+int(head>>1)]
	length, i, ok := uvarint(s.packed, i+len(key))
	if !ok || length > uint64(len(s.packed)-i) {
		s.broken = true
		return false
	}
	s.at, s.next = s.next, i+int(length)
	s.key, s.data, s.bucket = key, s.packed[i:s.next], head&1 != 0
	return true
}

func (s *scanner) entry() entry {
	return entry{contents: contents{packed: s.data}, bucket: s.bucket}
}

// findPacked looks up one key. It skips the other entries faster than a scanner does.
func findPacked(packed, key string) (entry, bool) {
	_, at := packedSequence(packed)
	for at < len(packed) {
		head, begin, ok := uvarint(packed, at)
		if !ok || head>>1 > uint64(len(packed)-begin) {
			break
		}
		end := begin + int(head>>1)
		length, data, ok := uvarint(packed, end)
		if !ok || length > uint64(len(packed)-data) {
			break
		}
		at = data + int(length)
		if packed[begin:end] == key {
			return entry{contents: contents{packed: packed[data:at]}, bucket: head&1 != 0}, true
		}
	}
	return entry{}, false
}

// locate returns the bounds of the entry under key in a packed bucket, and whether there is one. If there is none, both
// are the index at which it belongs. It also returns the number of entries, and whether the entry is a bucket.
func locate(packed, key string) (from, to, entries int, found, bucket bool) {
	s := scan(packed)
	for before := true; s.step(); entries++ {
		if before && s.key >= key {
			before, from, to = false, s.at, s.at
			if s.key == key {
				to, found, bucket = s.next, true, s.bucket
			}
		}
	}
	if from == 0 { // an entry follows at least one byte of the sequence
		from, to = s.next, s.next
	}
	return from, to, entries, found, bucket
}

// appendHead appends the part of an entry that precedes its data.
func appendHead(dst []byte, key string, bucket bool, length int) []byte {
	head := uint64(len(key)) << 1
	if bucket {
		head |= 1
	}
	dst = appendUvarint(dst, head)
	dst = append(dst, key...)
	return appendUvarint(dst, uint64(length))
}

// packedSize returns the size of an entry in bytes.
func packedSize(key string, length int) int {
	return uvarintSize(uint64(len(key))<<1) + len(key) + uvarintSize(uint64(length)) + length
}

// uvarint reads a number at s[i:] and returns it with the index after it.
func uvarint(s string, i int) (value uint64, next int, ok bool) {
	if i < len(s) && s[i] < 0x80 {
		return uint64(s[i]), i + 1, true
	}
	for shift := 0; i < len(s) && shift < 64; shift += 7 {
		b := s[i]
		i++
		value |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return value, i, shift < 63 || b <= 1
		}
	}
	return 0, i, false
}

// appendEntry appends an entry that can be packed.
func appendEntry(dst []byte, key string, e entry) []byte {
	dst = appendHead(dst, key, e.bucket, len(e.packed))
	return append(dst, e.packed...)
}

func appendUvarint(dst []byte, value uint64) []byte {
	for ; value >= 0x80; value >>= 7 {
		dst = append(dst, byte(value)|0x80)
	}
	return append(dst, byte(value))
}

func uvarintSize(value uint64) int {
	size := 1
	for ; value >= 0x80; value >>= 7 {
		size++
	}
	return size
}
