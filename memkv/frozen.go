package memkv

import (
	"iter"
	"unsafe"
)

// A Frozen is what a bucket held at some moment, as an immutable value. It
// belongs to no transaction and no database; it can be kept, read by any number
// of goroutines, and put into a bucket (Bucket.PutBucket) at no cost. The zero
// value is an empty bucket.
//
// Keys and values that it returns must not be modified.
type Frozen struct{ contents }

// Sequence returns the sequence of the bucket.
func (f Frozen) Sequence() uint64 { return f.sequence() }

// Len returns the number of entries.
func (f Frozen) Len() int { return f.len() }

// Get returns the value under key: never nil if there is one, be it empty. It
// returns nil if there is none or it is a bucket.
func (f Frozen) Get(key string) []byte {
	e, ok := f.find(key)
	if !ok {
		return nil
	}
	return e.value()
}

// Bucket returns the nested bucket of that name, and whether there is one.
func (f Frozen) Bucket(name string) (Frozen, bool) {
	e, ok := f.find(name)
	if !ok || !e.bucket {
		return Frozen{}, false
	}
	return Frozen{e.contents}, true
}

// BucketAt returns the bucket at the end of a path of names, and whether there
// is one; f itself for an empty path.
func (f Frozen) BucketAt(path ...string) (Frozen, bool) {
	for _, name := range path {
		var ok bool
		if f, ok = f.Bucket(name); !ok {
			return Frozen{}, false
		}
	}
	return f, true
}

// All iterates over the entries in ascending order of their keys.
func (f Frozen) All() iter.Seq2[string, Entry] {
	return func(yield func(string, Entry) bool) {
		f.each(func(key string, e entry) bool { return yield(key, Entry{e}) })
	}
}

// An Entry is what a bucket has under a key: a value or a nested bucket.
type Entry struct{ entry }

// IsBucket reports whether the entry is a nested bucket.
func (e Entry) IsBucket() bool { return e.bucket }

// Value returns the value, which is never nil, or nil for a bucket.
func (e Entry) Value() []byte { return e.value() }

// Text returns the value without copying it, or "" for a bucket.
func (e Entry) Text() string {
	if e.bucket {
		return ""
	}
	return e.packed
}

// Bucket returns the nested bucket, or an empty one for a value.
func (e Entry) Bucket() Frozen {
	if !e.bucket {
		return Frozen{}
	}
	return Frozen{e.contents}
}

// An Identity tells contents apart at the cost of comparing a pointer: what has
// the same identity holds the same. The reverse does not follow, but a bucket
// that is stored as a record of its own (one in a bucket too large to be
// packed) keeps its identity while others around it change, across transactions,
// forks and rollbacks. An Identity keeps what it stands for in memory, so that
// it never comes to mean something else.
type Identity struct{ of unsafe.Pointer }

// Identity returns the identity of what f holds. All empty buckets with sequence
// 0 may share one.
func (f Frozen) Identity() Identity {
	if f.tree != nil {
		return Identity{unsafe.Pointer(f.tree)}
	}
	if f.packed == "" {
		return Identity{}
	}
	return Identity{unsafe.Pointer(unsafe.StringData(f.packed))}
}
