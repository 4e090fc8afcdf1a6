package memkv

import (
	"slices"
	"strings"
)

// A draft is what a write transaction knows of a bucket beyond its contents.
//
// As long as nothing was changed, the bucket is its contents as they were
// published. The first change makes contents.tree a tree of the transaction's
// own, unpacked or copied. freeze turns that back into what can be published.
type draft struct {
	name   string
	parent *Bucket    // nil: the root, or a bucket that was deleted
	open   []*Bucket  // nested buckets that the transaction has opened, by name
	first  [1]*Bucket // room for open: most buckets have one
	owned  bool       // contents.tree belongs to this transaction alone
	// stale says that the parent's entry is not yet what the bucket holds.
	stale bool
	// version counts changes; a cursor that sees another one looks anew for its place.
	version uint32
}

func compareOpen(b *Bucket, name string) int { return strings.Compare(b.draft.name, name) }

// opened returns the nested bucket of that name if the transaction has it open.
func (d *draft) opened(name string) *Bucket {
	if i, ok := slices.BinarySearchFunc(d.open, name, compareOpen); ok {
		return d.open[i]
	}
	return nil
}

// A drafted bucket is one of a write transaction, with its draft.
type drafted struct {
	Bucket
	draft draft
}

// open makes the nested bucket of that name an open one, in the memory of child.
func (b *Bucket) open(name string, c contents, child *drafted) *Bucket {
	child.Bucket = Bucket{FillPercent: DefaultFillPercent, tx: b.tx, contents: c, draft: &child.draft}
	child.draft.name = name
	b.adopt(&child.Bucket)
	return &child.Bucket
}

// openAt is BucketAt in a write transaction. What it opens is all in one piece
// of memory.
func (b *Bucket) openAt(path []string) *Bucket {
	var memory []drafted
	for i, name := range path {
		if child := b.draft.opened(name); child != nil {
			b = child
			continue
		}
		e, ok := b.find(name)
		if !ok || !e.bucket {
			return nil
		}
		if memory == nil {
			memory = make([]drafted, len(path)-i)
		}
		b = b.open(name, e.contents, &memory[len(path)-1-i])
	}
	return b
}

// adopt makes child, under its name, one of b's open buckets.
func (b *Bucket) adopt(child *Bucket) {
	if b.draft.open == nil {
		b.draft.open = b.draft.first[:0]
	}
	i, _ := slices.BinarySearchFunc(b.draft.open, child.draft.name, compareOpen)
	b.draft.open = slices.Insert(b.draft.open, i, child)
	child.draft.parent = b
}

// disown forgets an open bucket, if it is one, so that what it holds no longer
// reaches b.
func (b *Bucket) disown(name string) {
	i, ok := slices.BinarySearchFunc(b.draft.open, name, compareOpen)
	if ok {
		b.draft.open[i].draft.parent = nil
		b.draft.open = slices.Delete(b.draft.open, i, i+1)
	}
}

// edit returns b's contents, ready for a change.
func (b *Bucket) edit() *tree {
	d := b.draft
	d.version++
	d.stale = true
	if !d.owned {
		d.owned = true
		if b.tree != nil {
			b.contents = contents{tree: b.tree.copy()}
		} else {
			b.contents = contents{tree: unpack(b.packed)}
		}
	}
	return b.tree
}

// freeze brings b's contents up to date, with all that was changed in it and in
// the buckets nested in it, and returns them as they can be published. It
// publishes nothing, and b can be changed further.
func (b *Bucket) freeze() contents {
	d := b.draft
	if d == nil {
		return b.contents
	}
	for _, child := range d.open {
		now := child.freeze()
		if child.draft.stale {
			b.edit().set(child.draft.name, entry{now, true})
			child.draft.stale = false
		}
	}
	if d.owned {
		b.contents = b.tree.finish()
		d.owned = false
		d.version++
	}
	return b.contents
}
