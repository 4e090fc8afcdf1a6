package memkv

// contents is an immutable bucket: packed if it is small, otherwise a tree. The zero value is the empty bucket.
type contents struct {
	packed string
	tree   *tree // nil if packed
}

// An entry is a nested bucket or a value. A value is stored in the field packed as it is.
type entry struct {
	contents
	bucket bool
}

func (c contents) find(key string) (entry, bool) {
	if c.tree != nil {
		return c.tree.find(key)
	}
	return findPacked(c.packed, key)
}

func (c contents) sequence() uint64 {
	if c.tree != nil {
		return c.tree.sequence
	}
	sequence, _ := packedSequence(c.packed)
	return sequence
}

func (c contents) len() int {
	if c.tree != nil {
		return c.tree.len()
	}
	n := 0
	for s := scan(c.packed); s.step(); {
		n++
	}
	return n
}

// each calls fn for all entries in ascending order of their keys until fn returns false. It reports whether it reached
// the end.
func (c contents) each(fn func(key string, e entry) bool) bool {
	if c.tree != nil {
		return c.tree.each(fn)
	}
	for s := scan(c.packed); s.step(); {
		if !fn(s.key, s.entry()) {
			return false
		}
	}
	return true
}

// value returns the bytes of a plain value, and nil for a bucket.
func (e entry) value() []byte {
	if e.bucket {
		return nil
	}
	return view(e.packed)
}
