package memkv

import (
	"slices"
	"strings"
)

// A draft is the state of a bucket in a write transaction beyond its contents.
//
// An unchanged bucket keeps its published contents. The first change of a packed bucket makes a new string, if
// [Bucket.splice] can. Any other sets contents.tree to a tree of the transaction's own, unpacked or copied.
// [Bucket.freeze] turns the tree into contents that can be published.
//
// Invariants: owned implies contents.tree != nil. open is sorted by name, and every open bucket b has b.draft.parent
// equal to the bucket of this draft. A bucket whose parent is nil publishes nothing.
type draft struct {
	name   string
	parent *Bucket    // nil for the root and for deleted buckets
	open   []*Bucket  // nested buckets opened by the transaction, by name
	first  [1]*Bucket // room for open: most buckets have one open child
	owned  bool       // contents.tree belongs to this transaction alone
	// stale means that the parent's entry differs from the contents.
	stale bool
	// touched are the changed keys, if the database records changes; "" is the sequence.
	touched []string
	// version counts changes. A cursor with another version seeks its position again.
	version uint32
}

func compareOpen(b *Bucket, name string) int { return strings.Compare(b.draft.name, name) }

// opened returns the nested bucket with that name if it is open, otherwise nil.
func (d *draft) opened(name string) *Bucket {
	if i, ok := slices.BinarySearchFunc(d.open, name, compareOpen); ok {
		return d.open[i]
	}
	return nil
}

// A writableBucket is a bucket of a write transaction together with its draft, in one allocation.
type writableBucket struct {
	Bucket
	draft draft
}

// open opens the nested bucket with that name, in the memory of child.
func (b *Bucket) open(name string, c contents, child *writableBucket) *Bucket {
	child.Bucket = Bucket{FillPercent: DefaultFillPercent, tx: b.tx, contents: c, draft: &child.draft}
	child.draft.name = name
	b.attach(&child.Bucket)
	return &child.Bucket
}

// openAt is BucketAt in a write transaction. It allocates all buckets that it opens in one slice.
func (b *Bucket) openAt(path []string) *Bucket {
	var memory []writableBucket
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
			memory = make([]writableBucket, len(path)-i)
		}
		b = b.open(name, e.contents, &memory[len(path)-1-i])
	}
	return b
}

// attach adds child to b's open buckets under its name.
func (b *Bucket) attach(child *Bucket) {
	if b.draft.open == nil {
		b.draft.open = b.draft.first[:0]
	}
	i, _ := slices.BinarySearchFunc(b.draft.open, child.draft.name, compareOpen)
	b.draft.open = slices.Insert(b.draft.open, i, child)
	child.draft.parent = b
}

// detach removes an open bucket, so that its changes no longer reach b. It has no effect if the bucket is not open.
func (b *Bucket) detach(name string) {
	i, ok := slices.BinarySearchFunc(b.draft.open, name, compareOpen)
	if ok {
		b.draft.open[i].draft.parent = nil
		b.draft.open = slices.Delete(b.draft.open, i, i+1)
	}
}

// edit returns b's contents as a tree that the caller may change.
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

// splice sets the entry under key in a packed bucket, or deletes it if removed, without unpacking the bucket. It keeps
// none of its arguments. It reports false, without effect, if the new entry or the result cannot be packed, if a value
// would replace a bucket or the other way round, or if the bucket is empty or has been changed before: of many changes,
// all but the first are cheaper in a tree.
func (b *Bucket) splice(key string, e entry, removed bool) bool {
	if b.tree != nil || b.packed == "" || b.draft.stale || e.tree != nil {
		return false
	}
	from, to, entries, found, bucket := locate(b.packed, key)
	size := len(b.packed) - (to - from)
	if removed {
		if !found || entries == 1 { // an empty bucket may have another form
			return false
		}
	} else {
		size += packedSize(key, len(e.packed))
		_, start := packedSequence(b.packed)
		if size-start > packedSizeMax || !found && entries == fewMax || found && bucket != e.bucket {
			return false
		}
	}
	dst := append(make([]byte, 0, size), b.packed[:from]...)
	if !removed {
		dst = appendEntry(dst, key, e)
	}
	b.contents = contents{packed: alias(append(dst, b.packed[to:]...))}
	b.draft.version++
	b.draft.stale = true
	return true
}

// freeze updates b's contents with all changes in it and in its nested buckets, and returns them in a form that can be
// published. It publishes nothing; b can be changed further.
func (b *Bucket) freeze() contents {
	d := b.draft
	if d == nil {
		return b.contents
	}
	for _, child := range d.open {
		now := child.freeze()
		if child.draft.stale {
			child.draft.stale = false
			if e := (entry{now, true}); !b.splice(child.draft.name, e, false) {
				b.edit().set(child.draft.name, e)
			}
		}
	}
	if d.owned {
		b.contents = b.tree.finish()
		d.owned = false
		d.version++
	}
	return b.contents
}
