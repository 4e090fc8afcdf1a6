package memkv

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tidwall/btree"
)

const (
	// treeDegree is the branching of the trees. A larger one is a little faster
	// to read and slower to change, because a change copies a node on each level.
	treeDegree = 8
	// fewMax is how many entries are kept in a slice. A tree that has shrunk
	// goes back to one at half of it, so that a bucket that hovers around the
	// limit doesn't change its form with every transaction.
	fewMax = 32
)

// A tree is a bucket in the form in which it can be changed, and in which it
// stays if it is too large to be packed or holds one that is. Once published, a
// tree and all it refers to never change; whoever wants to change it works on a
// copy, which shares with it all nodes that stay as they are.
type tree struct {
	sequence uint64
	size     int // bytes that the entries would take if they were packed
	subtrees int // entries that are trees, which cannot be packed

	// sum is that of the hashes of the entries, or nil if nobody has asked.
	sum atomic.Pointer[sum]

	// The entries, in ascending order: in few, or in many if that isn't nil.
	few  []row
	many *btree.Map[string, *entry]
}

type row struct {
	key string
	entry
}

func compareRow(r row, key string) int { return strings.Compare(r.key, key) }

// unpack returns a tree with the entries of a packed bucket, which it refers to.
func unpack(packed string) *tree {
	sequence, start := packedSequence(packed)
	var t struct {
		tree
		room [6]row // enough for most, which are soon packed again
	}
	t.sequence, t.size, t.few = sequence, len(packed)-start, t.room[:0]
	for s := scan(packed); s.step(); {
		t.few = append(t.few, row{s.key, s.entry()})
	}
	return &t.tree
}

// copy returns a tree that can be changed without t noticing.
func (t *tree) copy() *tree {
	var c *tree
	if t.many != nil {
		c = t.copyMany()
	} else {
		c = newTree(len(t.few)) // as a rule, an entry is replaced
		c.few = append(c.few, t.few...)
	}
	c.sequence, c.size, c.subtrees = t.sequence, t.size, t.subtrees
	if known := t.sum.Load(); known != nil {
		own := *known
		c.sum.Store(&own)
	}
	return c
}

// copyMany returns a tree with the entries of t, which are many, and nothing
// else, in one allocation.
func (t *tree) copyMany() *tree {
	var c struct {
		tree
		many btree.Map[string, *entry]
	}
	shared := *t.many // Copy writes to its receiver, and t may have other readers.
	c.many = *shared.Copy()
	c.tree.many = &c.many
	return &c.tree
}

// newTree returns an empty tree with room for n entries, in one allocation if
// there are as few as in a bucket that only leads to others.
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

// each calls fn for all entries until it returns false, and reports whether it
// got to the end.
func (t *tree) each(fn func(key string, e entry) bool) bool {
	for i := range t.few {
		if !fn(t.few[i].key, t.few[i].entry) {
			return false
		}
	}
	done := true
	if t.many != nil {
		t.many.Scan(func(key string, e *entry) bool {
			done = fn(key, *e)
			return done
		})
	}
	return done
}

// set puts an entry under key, and returns the one that was there. Both key and
// entry now belong to t.
func (t *tree) set(key string, e entry) (was entry, replaced bool) {
	t.account(key, e, 1)
	if t.many != nil {
		kept := e // e itself would be on the heap even if the entries are few
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

// load is set for a key behind all others, with memory for the entry.
func (t *tree) load(key string, e entry, memory *arena) {
	t.account(key, e, 1)
	if t.many != nil {
		t.many.Load(key, memory.entry(e))
		return
	}
	t.few = append(t.few, row{key, e})
	t.settle()
}

// remove deletes the entry under key, if there is one.
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

// account adds an entry to what t knows of all of them, or with -1 takes it away.
func (t *tree) account(key string, e entry, sign int) {
	t.size += sign * packedSize(key, len(e.packed))
	if e.tree != nil {
		t.subtrees += sign
	}
	if s := t.sum.Load(); s != nil {
		s.account(hashEntry(key, e), sign)
	}
}

// settle moves the entries to where their number belongs.
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

// finish returns the entries as what is published: packed if they can be. t must
// not be changed any more.
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
		dst = appendHead(dst, r.key, r.bucket, len(r.packed))
		dst = append(dst, r.packed...)
	}
	return contents{packed: alias(dst)}
}
