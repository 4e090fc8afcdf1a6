package memkv

import "github.com/tidwall/btree"

// An Iterator visits the entries of a Frozen in ascending order of their keys. Unlike [Frozen.All] it allocates nothing
// for a small bucket. It starts before the first entry. Only one of scan, few and many is in use, according to the form
// of the bucket.
type Iterator struct {
	scan  scanner
	few   []row
	many  *btree.MapIter[string, *entry]
	key   string
	entry // if many is nil
}

// Iterator returns an Iterator over the entries.
func (f Frozen) Iterator() Iterator {
	switch {
	case f.tree == nil:
		return Iterator{scan: scan(f.packed)}
	case f.tree.many == nil:
		return Iterator{few: f.tree.few}
	default:
		many := f.tree.many.Iter()
		return Iterator{many: &many}
	}
}

// Next moves to the next entry and reports whether there is one.
func (i *Iterator) Next() bool {
	switch {
	case len(i.few) > 0:
		i.key, i.entry, i.few = i.few[0].key, i.few[0].entry, i.few[1:]
		return true
	case i.many != nil:
		if !i.many.Next() {
			return false
		}
		i.key = i.many.Key() // the entry is elsewhere in memory: a loop over keys does not fetch it
		return true
	case i.scan.step():
		i.key, i.entry = i.scan.key, i.scan.entry()
		return true
	}
	return false
}

// Key returns the key of the entry.
func (i *Iterator) Key() string { return i.key }

// Entry returns the entry. Before the first entry it is empty.
func (i *Iterator) Entry() Entry {
	if i.many != nil {
		if e := i.many.Value(); e != nil {
			return Entry{*e}
		}
	}
	return Entry{i.entry}
}
