package memkv

import (
	"iter"
	"slices"
	"strings"
	"sync/atomic"
)

// A Change is an entry that a commit has added, replaced or deleted. A deleted or replaced bucket is one Change; there
// are none for the entries in it.
type Change struct {
	Path []string // the names of the buckets that lead to the entry; callers must not modify it
	Key  string   // the key in the last of these buckets, or "" for the bucket's sequence
}

// A Position is a point in the sequence of the commits of one database. With it, a later transaction lists the changes
// since then; see [Tx.Changes]. A Position keeps these changes in memory, but no old values. The zero Position belongs
// to no database.
type Position struct{ at *commit }

// A commit is a link in the journal of a database: a list that leads from older to newer commits, so that the commits
// before the oldest Position are garbage. A fork has a journal of its own.
type commit struct {
	edits   []edits
	total   int  // the number of changes since the journal began, including this commit
	unknown bool // the journal began while the transaction was open, so edits is not complete
	next    atomic.Pointer[commit]
}

// edits are the changed keys of one bucket. A key can occur several times.
type edits struct {
	path, keys []string
}

// Position returns the point right after the commit that the transaction sees. For a writable transaction it is the
// point right after its own commit, which is of no use if the transaction is rolled back: [Tx.Changes] then reports
// false.
//
// The first call makes the database record the changes of all later commits. This takes time and memory in proportion
// to the changes.
func (tx *Tx) Position() Position {
	tx.mustBeOpen()
	if tx.writable {
		if tx.commit == nil {
			tx.commit = new(commit)
		}
		return Position{tx.commit}
	}
	if tx.head.commit.Load() == nil {
		tx.head.commit.CompareAndSwap(nil, new(commit))
	}
	return Position{tx.head.commit.Load()}
}

// Changes yields the changes from a position to the state in which the transaction began, in the order of the commits.
// An entry can occur several times. Changes reports false if the position is not in the past of this state, or if the
// changes are not known, because a transaction was open when the database began to record them.
func (tx *Tx) Changes(since Position) (iter.Seq[Change], bool) {
	tx.mustBeOpen()
	last := tx.head.commit.Load()
	if since.at == nil || last == nil {
		return nil, false
	}
	for c := since.at; c != last; {
		if c = c.next.Load(); c == nil || c.unknown {
			return nil, false
		}
	}
	return func(yield func(Change) bool) {
		for c := since.at; c != last; {
			c = c.next.Load()
			for _, e := range c.edits {
				for _, key := range e.keys {
					if !yield(Change{e.path, key}) {
						return
					}
				}
			}
		}
	}, true
}

// CountChanges returns the number of changes that [Tx.Changes] yields, in constant time. The result has no meaning if
// Changes reports false.
func (tx *Tx) CountChanges(since Position) int {
	tx.mustBeOpen()
	last := tx.head.commit.Load()
	if since.at == nil || last == nil {
		return 0
	}
	return last.total - since.at.total
}

// touch records a change of the bucket, if the database records changes. It does not keep key.
func (b *Bucket) touch(key string) {
	if b.tx.journal {
		b.draft.touched = append(b.draft.touched, strings.Clone(key)) // key may share a buffer with a value
	}
}

// publish makes the contents the last commit of the database.
func (tx *Tx) publish(root contents) {
	s := &snapshot{id: tx.id, root: root}
	previous := tx.head.commit.Load()
	if previous == nil {
		s.commit.Store(tx.commit)
	} else {
		c := tx.commit
		if c == nil {
			c = new(commit)
		}
		c.unknown = !tx.journal
		c.edits = tx.root.draft.collect(nil, nil)
		c.total = previous.total
		for _, e := range c.edits {
			c.total += len(e.keys)
		}
		s.commit.Store(c)
		previous.next.Store(c)
	}
	tx.db.head.Store(s)
}

// collect appends the changes of a bucket and of the open buckets in it to list.
func (d *draft) collect(path []string, list []edits) []edits {
	if len(d.touched) > 0 {
		list = append(list, edits{slices.Clone(path), d.touched})
	}
	for _, child := range d.open {
		list = child.draft.collect(append(path, child.draft.name), list)
	}
	return list
}
