package memkv

import (
	"iter"
	"unsafe"
)

// A Frozen is an immutable snapshot of a bucket. It belongs to no transaction and no database. Callers can keep it,
// read it from any number of goroutines, and store it in a bucket with [Bucket.PutBucket] without a copy. The zero
// value is an empty bucket.
//
// Callers must not modify the keys and values that it returns.
type Frozen struct{ contents }

// Sequence returns the sequence of the bucket.
func (f Frozen) Sequence() uint64 { return f.sequence() }

// Len returns the number of entries.
func (f Frozen) Len() int { return f.len() }

// Get returns the value under key. The value is never nil, but may be empty. Get returns nil if there is no entry or
// the entry is a bucket.
func (f Frozen) Get(key string) []byte {
	e, ok := f.find(key)
	if !ok {
		return nil
	}
	return e.value()
}

// Text returns the value under key without a copy, or "" if there is no entry or the entry is a bucket.
func (f Frozen) Text(key string) string {
	e, _ := f.find(key)
	return Entry{e}.Text()
}

// Bucket returns the nested bucket with that name, and whether it exists.
func (f Frozen) Bucket(name string) (Frozen, bool) {
	e, ok := f.find(name)
	if !ok || !e.bucket {
		return Frozen{}, false
	}
	return Frozen{e.contents}, true
}

// BucketAt returns the bucket at the end of a path of names, and whether it exists. For an empty path it returns f.
func (f Frozen) BucketAt(path ...string) (Frozen, bool) {
	for _, name := range path {
		var ok bool
		if f, ok = f.Bucket(name); !ok {
			return Frozen{}, false
		}
	}
	return f, true
}

// Prefetch reads one byte of each cache line of a packed bucket. A loop that prefetches some dozens of small buckets
// before it reads them waits for memory once instead of once for each bucket. Prefetch changes nothing else.
func (f Frozen) Prefetch() { prefetch(f.packed) }

func prefetch(text string) {
	sum := 0
	for i := 0; i < len(text); i += cacheLine {
		sum += int(text[i])
	}
	if sum < 0 {
		panic("memkv: a sum of bytes is negative") // never; without a use of sum, the compiler could leave out the loop
	}
}

// cacheLine is the size in bytes of a line of most processors' caches.
const cacheLine = 64

// All iterates over the entries in ascending order of their keys.
func (f Frozen) All() iter.Seq2[string, Entry] {
	return func(yield func(string, Entry) bool) {
		f.each(func(key string, e entry) bool { return yield(key, Entry{e}) })
	}
}

// An Entry is a value or a nested bucket under a key.
type Entry struct{ entry }

// IsBucket reports whether the entry is a nested bucket.
func (e Entry) IsBucket() bool { return e.bucket }

// Value returns the value, which is never nil, or nil for a bucket.
func (e Entry) Value() []byte { return e.value() }

// Text returns the value without a copy, or "" for a bucket.
func (e Entry) Text() string {
	if e.bucket {
		return ""
	}
	return e.packed
}

// Bucket returns the nested bucket, or an empty bucket for a value.
func (e Entry) Bucket() Frozen {
	if !e.bucket {
		return Frozen{}
	}
	return Frozen{e.contents}
}

// An Identity compares contents at the cost of a pointer comparison: equal identities mean equal contents. The reverse
// does not hold. A bucket stored as a record of its own (in a bucket too large to be packed) keeps its identity while
// its neighbours change, across transactions, forks and rollbacks. An Identity keeps its contents in memory, so it
// never comes to denote other contents.
type Identity struct{ of unsafe.Pointer }

// Identity returns the identity of the contents of f. All empty buckets with sequence 0 may share one.
func (f Frozen) Identity() Identity {
	if f.tree != nil {
		return Identity{unsafe.Pointer(f.tree)}
	}
	if f.packed == "" {
		return Identity{}
	}
	return Identity{unsafe.Pointer(unsafe.StringData(f.packed))}
}

// FrozenAt returns the contents of the bucket at the end of a path of names, including changes of this transaction, and
// whether the bucket exists. Unlike BucketAt it opens no buckets on its way, so it is cheaper for a lookup.
func (tx *Tx) FrozenAt(path ...string) (Frozen, bool) { return tx.root.FrozenAt(path...) }

// FrozenAt is [Tx.FrozenAt] for a path that starts in b. For an empty path it returns the contents of b.
func (b *Bucket) FrozenAt(path ...string) (Frozen, bool) {
	b.tx.mustBeOpen()
	for i, name := range path {
		if b.draft != nil {
			if child := b.draft.opened(name); child != nil {
				b = child
				continue
			}
		}
		e, ok := b.find(name)
		if !ok || !e.bucket {
			return Frozen{}, false
		}
		return Frozen{e.contents}.BucketAt(path[i+1:]...)
	}
	return Frozen{b.freeze()}, true
}
