package memkv

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"
)

// A Cursor walks over the entries of a bucket in the order of their keys. It
// sees nested buckets with a nil value; values, even empty ones, aren't nil.
// Its movements panic once the transaction has ended.
//
// Movements return a nil key where there is no entry to move to. Next then
// stays at the last entry, Prev at the first; after Seek found nothing, the
// cursor stands behind the last entry. Before the first movement Next and Prev
// return nil.
//
// The bucket may be changed while a cursor walks over it. Next then moves to the
// first key behind, Prev to the last key before the one where the cursor stood,
// be it still there or not.
type Cursor struct {
	bucket *Bucket
	place  place
	// key is where the cursor stands, or, if it is behind, what Seek looked for.
	key string
	entry
	// version is that of the bucket when the cursor moved.
	version uint32

	// One of the following is in use, as the bucket's form has it.
	few, many bool
	scanner   scanner
	rows      []row
	at        int
	tree      btree.MapIter[string, *entry]
}

type place uint8

const (
	nowhere place = iota
	standing
	behind
)

// Cursor returns a cursor over b, which at first stands nowhere.
func (b *Bucket) Cursor() *Cursor {
	b.tx.cursors.Add(1)
	return &Cursor{bucket: b}
}

// Bucket returns the bucket.
func (c *Cursor) Bucket() *Bucket { return c.bucket }

// First moves to the first entry.
func (c *Cursor) First() (key, value []byte) {
	c.bucket.tx.mustBeOpen()
	return c.result(c.first())
}

// Last moves to the last entry.
func (c *Cursor) Last() (key, value []byte) {
	c.bucket.tx.mustBeOpen()
	return c.result(c.last())
}

// Next moves to the following entry.
func (c *Cursor) Next() (key, value []byte) {
	c.bucket.tx.mustBeOpen()
	return c.result(c.next())
}

// Prev moves to the preceding entry.
func (c *Cursor) Prev() (key, value []byte) {
	c.bucket.tx.mustBeOpen()
	return c.result(c.prev())
}

// Seek moves to the entry under key or, if there is none, to the first one
// behind it.
func (c *Cursor) Seek(seek []byte) (key, value []byte) {
	c.bucket.tx.mustBeOpen()
	found := c.seek(alias(seek))
	if !found {
		c.key = string(seek)
	}
	return c.result(found)
}

// Delete deletes the value at which the cursor stands, which then stands
// between its neighbours. If it stands nowhere, or the value is gone, it does
// nothing.
//
// It returns ErrTxClosed, ErrTxNotWritable, or ErrIncompatibleValue if it stands
// at a bucket.
func (c *Cursor) Delete() error {
	if err := c.bucket.changeable(); err != nil {
		return err
	}
	if c.place != standing {
		return nil
	}
	return c.bucket.Delete(view(c.key))
}

func (c *Cursor) result(found bool) (key, value []byte) {
	if !found {
		return nil, nil
	}
	return view(c.key), c.value()
}

// first, last and seek place the cursor; so do next and prev, step by step,
// unless the bucket was changed: then they seek. Each reports whether it found
// an entry.

func (c *Cursor) first() bool {
	c.attach()
	c.place = nowhere
	switch {
	case c.few:
		c.at = 0
		return c.row()
	case c.many:
		return c.took(c.tree.First())
	default:
		c.scanner = scan(c.bucket.packed)
		return c.scan()
	}
}

func (c *Cursor) last() bool {
	c.attach()
	c.place = nowhere
	switch {
	case c.few:
		c.at = len(c.rows) - 1
		return c.row()
	case c.many:
		return c.took(c.tree.Last())
	default:
		return c.scanTo(len(c.bucket.packed))
	}
}

func (c *Cursor) seek(key string) bool {
	c.attach()
	found := false
	switch {
	case c.few:
		c.at, _ = slices.BinarySearchFunc(c.rows, key, compareRow)
		found = c.row()
	case c.many:
		found = c.took(c.tree.Seek(key))
	default:
		c.scanner = scan(c.bucket.packed)
		for found = c.scan(); found && strings.Compare(c.key, key) < 0; {
			found = c.scan()
		}
	}
	if !found {
		c.place = behind
	}
	return found
}

func (c *Cursor) next() bool {
	switch {
	case c.place == nowhere:
		return false
	case c.place == behind || c.changed():
		return c.seekBehind()
	case c.few:
		if c.at+1 == len(c.rows) {
			return false
		}
		c.at++
		return c.row()
	case c.many:
		if c.tree.Next() {
			return c.took(true)
		}
		c.tree.Last()
		return false
	default:
		return c.scan()
	}
}

func (c *Cursor) prev() bool {
	switch {
	case c.place == nowhere:
		return false
	case c.place == behind || c.changed():
		return c.seekBefore()
	case c.few:
		if c.at == 0 {
			return false
		}
		c.at--
		return c.row()
	case c.many:
		if c.tree.Prev() {
			return c.took(true)
		}
		c.tree.First()
		return false
	default:
		return c.scanTo(c.scanner.at)
	}
}

// seekBehind moves to the first entry behind key. Without one it stays.
func (c *Cursor) seekBehind() bool {
	was, key := c.place, c.key
	if c.seek(key) && (c.key != key || c.next()) {
		return true
	}
	c.stay(was, key)
	return false
}

// seekBefore moves to the last entry before key. Without one it stays.
func (c *Cursor) seekBefore() bool {
	was, key := c.place, c.key
	found := false
	if c.seek(key) {
		found = c.prev()
	} else {
		found = c.last()
	}
	if !found {
		c.stay(was, key)
	}
	return found
}

// stay puts the cursor back where it was, so that it looks anew for its place
// with the next movement.
func (c *Cursor) stay(was place, key string) {
	c.place, c.key = was, key
	c.version--
}

// attach takes up the bucket's form as it is now.
func (c *Cursor) attach() {
	if d := c.bucket.draft; d != nil {
		c.version = d.version
	}
	t := c.bucket.tree
	c.few = t != nil && t.many == nil
	c.many = t != nil && t.many != nil
	if c.few {
		c.rows = t.few
	} else if c.many {
		c.tree = t.many.Iter()
	}
}

func (c *Cursor) changed() bool {
	d := c.bucket.draft
	return d != nil && d.version != c.version
}

func (c *Cursor) row() bool {
	if c.at < 0 || c.at >= len(c.rows) {
		return false
	}
	c.place, c.key, c.entry = standing, c.rows[c.at].key, c.rows[c.at].entry
	return true
}

func (c *Cursor) took(found bool) bool {
	if found {
		c.place, c.key, c.entry = standing, c.tree.Key(), *c.tree.Value()
	}
	return found
}

func (c *Cursor) scan() bool {
	if !c.scanner.step() {
		return false
	}
	c.place, c.key, c.entry = standing, c.scanner.key, c.scanner.entry()
	return true
}

// scanTo moves to the last entry of a packed bucket that ends at or before end.
func (c *Cursor) scanTo(end int) bool {
	s := scan(c.bucket.packed)
	if s.next >= end {
		return false
	}
	for s.step() && s.next < end {
	}
	c.scanner = s
	c.place, c.key, c.entry = standing, s.key, s.entry()
	return true
}
