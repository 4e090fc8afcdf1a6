package memkv

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tidwall/btree"
)

const (
	// treeDegree is the branching factor of the B-trees. A larger one is slightly faster to read and slower to change,
	// because a change copies a node on each level.
	treeDegree = 8
	// fewMax is the maximum number of entries in a slice. A tree that shrinks returns to a slice at half of it, so that
	// a bucket near the limit does not change its form in every transaction.
	fewMax = 32
)

// A tree is the mutable form of a bucket, and the stored form of a bucket that is too large to be packed or that
// contains such a bucket. A published tree and everything it refers to are immutable. Writers change a copy, which
// shares all unchanged nodes.
//
// Invariants: few is sorted by key and has at most fewMax entries; few is empty if many is not nil; size and subtrees
// agree with the entries, as does sum if it is set.
type tree struct {
	sequence uint64
	size     int // packed size of the entries in bytes
	subtrees int // number of entries that are trees and cannot be packed

	// sum is the sum of the entries' hashes, or nil if it was never computed.
	sum atomic.Pointer[sum]

	// The entries, in ascending order: in many if it is not nil, otherwise in few.
	few  []row
	many *btree.Map[string, *entry]
}

type row struct {
	key string
	entry
}

func compareRow(r row, key string) int { return strings.Compare(r.key, key) }

// unpack returns a tree with the entries of a packed bucket. The entries refer to packed.
func unpack(packed string) *tree {
	sequence, start := packedSequence(packed)
	var t struct {
		tree
		room [6]row // enough for most buckets, which are soon packed again
	}
	t.sequence, t.size, t.few = sequence, len(packed)-start, t.room[:0]
	for s := scan(packed); s.step(); {
		t.few = append(t.few, row{s.key, s.entry()})
	}
	return &t.tree
}

// copy returns a tree that can be changed independently of t.
func (t *tree) copy() *tree {
	var c *tree
	if t.many != nil {
		c = t.copyMany()
	} else {
		c = newTree(len(t.few)) // most changes replace an entry
		c.few = append(c.few, t.few...)
	}
	c.sequence, c.size, c.subtrees = t.sequence, t.size, t.subtrees
	if known := t.sum.Load(); known != nil {
		own := *known
		c.sum.Store(&own)
	}
	return c
}

// copyMany returns a tree with only the entries of t.many, in one allocation.
func (t *tree) copyMany() *tree {
	var c struct {
		tree
		many btree.Map[string, *entry]
	}
	shared := *t.many // Copy writes to its receiver, and t may have concurrent readers.
	c.many = *shared.Copy()
	c.tree.many = &c.many
	return &c.tree
}

// newTree returns an empty tree with room for n entries. Small trees take one allocation.
func newTree(n int) *tree {
	const fewest = 2
	if n > fewest {
		return &tree{few: make([]row, 0, n)}
	}
	var t struct {
		tree
		room [fewest]row
	}
	t.few = t.room[:0]
	return &t.tree
}

func (t *tree) len() int {
	if t.many != nil {
		return t.many.Len()
	}
	return len(t.few)
}

func (t *tree) find(key string) (entry, bool) {
	if t.many != nil {
		if e, ok := t.many.Get(key); ok {
			return *e, true
		}
	} else if i, ok := slices.BinarySearchFunc(t.few, key, compareRow); ok {
		return t.few[i].entry, true
	}
	return entry{}, false
}

// each calls fn for all entries until fn returns false. It reports whether it reached the end.
func (t *tree) each(fn func(key string, e entry) bool) bool {
	for i := range t.few {
		if !fn(t.few[i].key, t.few[i].entry) {
			return false
		}
	}
	return t.many == nil || t.eachOfMany(fn)
}

// eachOfMany is each for t.many. It reads some entries before it calls fn for them: the entries of a large tree are all
// over the memory, and the processor fetches several at once.
func (t *tree) eachOfMany(fn func(key string, e entry) bool) bool {
	const ahead = 16
	var keys [ahead]string
	var entries [ahead]entry
	n, done := 0, true
	flush := func() bool {
		for i := range n {
			if done = fn(keys[i], entries[i]); !done {
				return false
			}
		}
		n = 0
		return true
	}
	t.many.Scan(func(key string, e *entry) bool {
		keys[n], entries[n] = key, *e
		prefetch(key)
		n++
		return n < ahead || flush()
	})
	return done && flush()
}

// set stores an entry under key and returns the previous one. t takes ownership of key and e.
func (t *tree) set(key string, e entry) (was entry, replaced bool) {
	t.account(key, e, 1)
	if t.many != nil {
		kept := e // &e would move e to the heap even if the entries are few
		if old, found := t.many.Set(key, &kept); found {
			was, replaced = *old, true
		}
	} else if i, found := slices.BinarySearchFunc(t.few, key, compareRow); found {
		was, replaced = t.few[i].entry, true
		t.few[i] = row{key, e}
	} else {
		t.few = slices.Insert(t.few, i, row{key, e})
		t.settle()
	}
	if replaced {
		t.account(key, was, -1)
	}
	return was, replaced
}

// load is set for a key after all others. It allocates the entry in memory.
func (t *tree) load(key string, e entry, memory *arena) {
	t.account(key, e, 1)
	if t.many != nil {
		t.many.Load(key, memory.entry(e))
		return
	}
	t.few = append(t.few, row{key, e})
	t.settle()
}

// remove deletes the entry under key. It has no effect if there is none.
func (t *tree) remove(key string) {
	if t.many != nil {
		if was, found := t.many.Delete(key); found {
			t.account(key, *was, -1)
		}
		return
	}
	if i, found := slices.BinarySearchFunc(t.few, key, compareRow); found {
		t.account(key, t.few[i].entry, -1)
		t.few = slices.Delete(t.few, i, i+1)
	}
}

// account adds an entry to the totals of t, or with sign -1 subtracts it.
func (t *tree) account(key string, e entry, sign int) {
	t.size += sign * packedSize(key, len(e.packed))
	if e.tree != nil {
		t.subtrees += sign
	}
	if s := t.sum.Load(); s != nil {
		s.account(hashEntry(key, e), sign)
	}
}

// settle moves the entries to few or many, according to their number.
func (t *tree) settle() {
	switch {
	case t.many == nil && len(t.few) > fewMax:
		t.many = btree.NewMap[string, *entry](treeDegree)
		entries := make([]entry, len(t.few))
		for i, r := range t.few {
			entries[i] = r.entry
			t.many.Load(r.key, &entries[i])
		}
		t.few = nil
	case t.many != nil && t.many.Len() <= fewMax/2:
		few := make([]row, 0, t.many.Len())
		t.each(func(key string, e entry) bool {
			few = append(few, row{key, e})
			return true
		})
		t.few, t.many = few, nil
	}
}

// finish returns the contents for publication, packed if possible. After that t must not be changed.
func (t *tree) finish() contents {
	t.settle()
	if t.many != nil || t.subtrees > 0 || t.size > packedSizeMax {
		return contents{tree: t}
	}
	if len(t.few) == 0 && t.sequence == 0 {
		return contents{}
	}
	dst := make([]byte, 0, uvarintSize(t.sequence)+t.size)
	dst = appendUvarint(dst, t.sequence)
	for _, r := range t.few {
		dst = appendEntry(dst, r.key, r.entry)
	}
	return contents{packed: alias(dst)}
}
