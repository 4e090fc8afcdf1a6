package memkv

import (
	"strings"

	"go.etcd.io/bbolt/errors"
)

// DefaultFillPercent is what Bucket.FillPercent is set to.
const DefaultFillPercent = 0.5

// A Bucket is an ordered set of keys, each with a value or a nested bucket, as
// one transaction sees it. It is good until the transaction ends, or deletes the
// bucket: what is done to it after that has no effect.
//
// Keys and values that it returns must not be modified. They stay as they are,
// even beyond the transaction, but keep alive the memory around them: copy what
// is to be kept for long. Keys and values that are given to it are copied at once.
type Bucket struct {
	// FillPercent has no effect. It is there because bolt has it.
	FillPercent float64

	tx       *Tx
	contents        // what it holds, but for changes of nested buckets that are open
	draft    *draft // nil: the transaction is read-only
}

// Tx returns the transaction.
func (b *Bucket) Tx() *Tx { return b.tx }

// Writable reports whether the transaction can change anything.
func (b *Bucket) Writable() bool { return b.tx.writable }

// Get returns the value under key: never nil if there is one, be it empty. It
// returns nil if there is none or it is a bucket.
func (b *Bucket) Get(key []byte) []byte {
	b.tx.mustBeOpen()
	e, ok := b.find(alias(key))
	if !ok {
		return nil
	}
	return e.value()
}

// Bucket returns the nested bucket of that name, or nil if there is none. A
// writable transaction returns the same *Bucket for the same bucket.
func (b *Bucket) Bucket(name []byte) *Bucket {
	b.tx.mustBeOpen()
	return b.nested(alias(name))
}

// nested returns the nested bucket of that name, which need not stay as it is.
func (b *Bucket) nested(name string) *Bucket {
	if b.draft != nil {
		if child := b.draft.opened(name); child != nil {
			return child
		}
	}
	e, ok := b.find(name)
	switch {
	case !ok || !e.bucket:
		return nil
	case b.draft == nil:
		return b.tx.bucket(e.contents)
	}
	return b.open(strings.Clone(name), e.contents, new(drafted))
}

func (tx *Tx) bucket(c contents) *Bucket {
	return &Bucket{FillPercent: DefaultFillPercent, tx: tx, contents: c}
}

// BucketAt returns the bucket at the end of a path of names that starts in b,
// or nil if there is none; b itself for an empty path.
func (b *Bucket) BucketAt(path ...string) *Bucket {
	b.tx.mustBeOpen()
	if len(path) == 0 {
		return b
	} else if b.draft != nil {
		return b.openAt(path)
	}
	at := b.contents
	for _, name := range path {
		e, ok := at.find(name)
		if !ok || !e.bucket {
			return nil
		}
		at = e.contents
	}
	return b.tx.bucket(at)
}

// Freeze returns what b holds, changes of this transaction included, as a
// value that outlives it and that later changes don't affect.
func (b *Bucket) Freeze() Frozen {
	b.tx.mustBeOpen()
	return Frozen{b.freeze()}
}

// writable returns why b cannot be changed, or nil.
func (b *Bucket) changeable() error {
	if b.tx.db == nil {
		return errors.ErrTxClosed
	} else if !b.tx.writable {
		return errors.ErrTxNotWritable
	}
	return nil
}

// Put sets the value under key. A nil value is stored as an empty one.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrKeyRequired for an empty key,
// ErrKeyTooLarge, ErrValueTooLarge, or ErrIncompatibleValue if there is a bucket.
func (b *Bucket) Put(key, value []byte) error {
	if err := b.changeable(); err != nil {
		return err
	} else if len(key) == 0 {
		return errors.ErrKeyRequired
	} else if len(key) > MaxKeySize {
		return errors.ErrKeyTooLarge
	} else if int64(len(value)) > MaxValueSize {
		return errors.ErrValueTooLarge
	}
	// It is rare that there is a bucket, and to look first costs a search more.
	k, v := own(key, value)
	t := b.edit()
	if was, replaced := t.set(k, entry{contents: contents{packed: v}}); replaced && was.bucket {
		t.set(k, was)
		return errors.ErrIncompatibleValue
	}
	return nil
}

// Delete deletes the value under key, if there is one.
//
// It returns ErrTxClosed, ErrTxNotWritable, or ErrIncompatibleValue if there is
// a bucket.
func (b *Bucket) Delete(key []byte) error {
	if err := b.changeable(); err != nil {
		return err
	}
	e, ok := b.find(alias(key))
	if !ok {
		return nil
	} else if e.bucket {
		return errors.ErrIncompatibleValue
	}
	b.edit().remove(alias(key))
	return nil
}

// CreateBucket makes an empty nested bucket and returns it.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNameRequired for an empty
// name, ErrBucketExists, or ErrIncompatibleValue if there is a value.
func (b *Bucket) CreateBucket(name []byte) (*Bucket, error) {
	if err := b.nameable(name); err != nil {
		return nil, err
	}
	if e, ok := b.find(alias(name)); ok {
		if e.bucket {
			return nil, errors.ErrBucketExists
		}
		return nil, errors.ErrIncompatibleValue
	}
	return b.create(name), nil
}

// CreateBucketIfNotExists returns the nested bucket of that name, which it makes
// if there is none.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNameRequired for an empty
// name, or ErrIncompatibleValue if there is a value.
func (b *Bucket) CreateBucketIfNotExists(name []byte) (*Bucket, error) {
	if err := b.nameable(name); err != nil {
		return nil, err
	}
	if child := b.nested(alias(name)); child != nil {
		return child, nil
	}
	if _, ok := b.find(alias(name)); ok {
		return nil, errors.ErrIncompatibleValue
	}
	return b.create(name), nil
}

func (b *Bucket) nameable(name []byte) error {
	if err := b.changeable(); err != nil {
		return err
	} else if len(name) == 0 {
		return errors.ErrBucketNameRequired
	}
	return nil
}

func (b *Bucket) create(name []byte) *Bucket {
	key := string(name)
	b.edit().set(key, entry{bucket: true})
	return b.open(key, contents{}, new(drafted))
}

// PutBucket makes a nested bucket that holds what f holds, replacing the one
// that was there, if any. It is the way to store a record of many keys at once,
// or to copy a bucket from another database: what f holds is not copied but
// shared. An old *Bucket of that name has no more effect.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNameRequired for an empty
// name, or ErrIncompatibleValue if there is a value.
func (b *Bucket) PutBucket(name []byte, f Frozen) error {
	if err := b.nameable(name); err != nil {
		return err
	}
	// As in Put, it would cost a search more to look first.
	key := string(name)
	t := b.edit()
	if was, replaced := t.set(key, entry{f.contents, true}); replaced && !was.bucket {
		t.set(key, was)
		return errors.ErrIncompatibleValue
	}
	b.disown(key)
	return nil
}

// DeleteBucket deletes the nested bucket of that name, with all that is in it.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNotFound, or
// ErrIncompatibleValue if there is a value.
func (b *Bucket) DeleteBucket(name []byte) error {
	if err := b.changeable(); err != nil {
		return err
	}
	if _, err := b.findBucket(name); err != nil {
		return err
	}
	b.disown(alias(name))
	b.edit().remove(alias(name))
	return nil
}

// findBucket returns the entry of a nested bucket.
func (b *Bucket) findBucket(name []byte) (entry, error) {
	e, ok := b.find(alias(name))
	if !ok {
		return entry{}, errors.ErrBucketNotFound
	} else if !e.bucket {
		return entry{}, errors.ErrIncompatibleValue
	}
	return e, nil
}

// MoveBucket moves a nested bucket, with all that is in it, to dst, where it
// keeps its name. A *Bucket of it stays good.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrDifferentDB if dst belongs to
// another transaction, ErrBucketNotFound, ErrIncompatibleValue if there is a
// value under that name here or in dst, ErrSameBuckets if dst is b, or is the
// moved bucket or inside of it, and ErrBucketExists if dst has such a bucket.
func (b *Bucket) MoveBucket(name []byte, dst *Bucket) error {
	if b.tx.db == nil || dst.tx.db == nil {
		return errors.ErrTxClosed
	} else if !b.tx.writable || !dst.tx.writable {
		return errors.ErrTxNotWritable
	} else if b.tx != dst.tx {
		return errors.ErrDifferentDB
	}
	e, err := b.findBucket(name)
	if err != nil {
		return err
	}
	child := b.draft.opened(alias(name))
	if b == dst || child != nil && dst.within(child) {
		return errors.ErrSameBuckets
	}
	if there, ok := dst.find(alias(name)); ok {
		if there.bucket {
			return errors.ErrBucketExists
		}
		return errors.ErrIncompatibleValue
	}
	b.edit().remove(alias(name))
	dst.edit().set(string(name), e)
	if child != nil {
		b.disown(alias(name))
		dst.adopt(child)
	}
	return nil
}

// within reports whether b is ancestor or lies inside of it.
func (b *Bucket) within(ancestor *Bucket) bool {
	for ; b != nil; b = b.draft.parent {
		if b == ancestor {
			return true
		}
	}
	return false
}

// Sequence returns the number that SetSequence or NextSequence set, at first 0.
func (b *Bucket) Sequence() uint64 { return b.sequence() }

// SetSequence sets the sequence. It returns ErrTxClosed or ErrTxNotWritable.
func (b *Bucket) SetSequence(v uint64) error {
	if err := b.changeable(); err != nil {
		return err
	}
	b.edit().sequence = v
	return nil
}

// NextSequence adds 1 to the sequence and returns it. It returns ErrTxClosed or
// ErrTxNotWritable.
func (b *Bucket) NextSequence() (uint64, error) {
	if err := b.changeable(); err != nil {
		return 0, err
	}
	next := b.Sequence() + 1
	return next, b.SetSequence(next)
}

// ForEach calls fn for every entry in ascending order of the keys, with a nil
// value for a nested bucket, until fn returns an error, which it then returns.
// It returns ErrTxClosed if the transaction has ended.
//
// If fn changes b, the entries that follow are those behind the key it was
// called with, as they are then.
func (b *Bucket) ForEach(fn func(k, v []byte) error) error {
	return b.forEach(func(key string, e entry) error { return fn(view(key), e.value()) })
}

// ForEachBucket is ForEach for nested buckets alone.
func (b *Bucket) ForEachBucket(fn func(k []byte) error) error {
	return b.forEach(func(key string, e entry) error {
		if !e.bucket {
			return nil
		}
		return fn(view(key))
	})
}

func (b *Bucket) forEach(fn func(key string, e entry) error) error {
	if b.tx.db == nil {
		return errors.ErrTxClosed
	}
	c := Cursor{bucket: b}
	for ok := c.first(); ok; ok = c.next() {
		if err := fn(c.key, c.entry); err != nil {
			return err
		}
	}
	return nil
}
