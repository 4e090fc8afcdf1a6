package host

// A copied is the memory of an instance in Go's heap. It is copied when it grows.
type copied struct{ all []byte }

func (c *copied) Reallocate(size uint64) []byte {
	if more := int(size) - len(c.all); more > 0 {
		c.all = append(c.all, make([]byte, more)...)
	}
	return c.all[:size]
}

func (c *copied) Free() { c.all = nil }
