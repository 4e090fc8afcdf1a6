package memkv

import (
	"slices"
	"strings"

	"github.com/tidwall/btree"
)

// A Cursor walks over the entries of a bucket in the order of their keys. The value of a nested bucket is nil; other
// values are never nil, but may be empty. Movements panic after the end of the transaction.
//
// A movement returns a nil key if there is no entry to move to. Next then stays at the last entry and Prev at the
// first. After a Seek without a result the cursor is after the last entry. Before the first movement, Next and Prev
// return nil.
//
// The bucket may change while a cursor walks over it. Next then moves to the first key after the cursor's key, and Prev
// to the last key before it, whether or not that key still exists.
//
// Invariants: key is the current key if place is standing, and the sought key if place is behind. few and many are
// never both true.
type Cursor struct {
	bucket *Bucket
	place  place
	// key is the current key, or the argument of Seek if place is behind.
	key string
	entry
	// version is the bucket's version at the last movement.
	version uint32

	// The form of the bucket at the last attach: rows and at are valid if few, tree if many, otherwise scanner.
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

// Cursor returns a cursor over b. It has no position until the first movement.
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

// Seek moves to the entry under key or, if there is none, to the first entry after it.
func (c *Cursor) Seek(seek []byte) (key, value []byte) {
	c.bucket.tx.mustBeOpen()
	found := c.seek(alias(seek))
	if !found {
		c.key = string(seek)
	}
	return c.result(found)
}

// Delete deletes the value at the cursor. The cursor then has no entry, but Next and Prev continue from the deleted
// key. Delete has no effect if the cursor has no position or the value is gone.
//
// It returns ErrTxClosed, ErrTxNotWritable, or ErrIncompatibleValue if the entry is a bucket.
func (c *Cursor) Delete() error {
	if err := c.bucket.checkWritable(); err != nil {
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

// first, last and seek set the position. next and prev move by one entry; if the bucket has changed, they seek. Each
// reports whether it found an entry.

func (c *Cursor) first() bool {
	c.attach()
	c.place = nowhere
	switch {
	case c.few:
		c.at = 0
		return c.row()
	case c.many:
		return c.arrived(c.tree.First())
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
		return c.arrived(c.tree.Last())
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
		found = c.arrived(c.tree.Seek(key))
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
			return c.arrived(true)
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
			return c.arrived(true)
		}
		c.tree.First()
		return false
	default:
		return c.scanTo(c.scanner.at)
	}
}

// seekBehind moves to the first entry after key. If there is none, the cursor stays.
func (c *Cursor) seekBehind() bool {
	was, key := c.place, c.key
	if c.seek(key) && (c.key != key || c.next()) {
		return true
	}
	c.stay(was, key)
	return false
}

// seekBefore moves to the last entry before key. If there is none, the cursor stays.
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

// stay restores the position. The changed version makes the next movement seek.
func (c *Cursor) stay(was place, key string) {
	c.place, c.key = was, key
	c.version--
}

// attach reads the current form of the bucket.
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

func (c *Cursor) arrived(found bool) bool {
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

// scanTo moves to the last entry of a packed bucket that ends at or before index end.
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
