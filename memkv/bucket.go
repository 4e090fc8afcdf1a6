package memkv

import (
	"strings"

	"go.etcd.io/bbolt/errors"
)

// DefaultFillPercent is the initial value of [Bucket.FillPercent].
const DefaultFillPercent = 0.5

// A Bucket is an ordered set of keys, each with a value or a nested bucket, as one transaction sees it. It is valid
// until the transaction ends or deletes the bucket. Changes to an invalid Bucket have no effect.
//
// Callers must not modify returned keys and values. These never change, even after the transaction, but they keep
// neighbouring data in memory; copy a value that you keep for long. The bucket copies keys and values that are passed
// to it before a call returns.
type Bucket struct {
	// FillPercent has no effect. It exists because bolt has it.
	FillPercent float64

	tx       *Tx
	contents        // without pending changes of open nested buckets; see [Bucket.freeze]
	draft    *draft // nil in a read-only transaction
}

// Tx returns the transaction.
func (b *Bucket) Tx() *Tx { return b.tx }

// Writable reports whether the transaction is writable.
func (b *Bucket) Writable() bool { return b.tx.writable }

// Get returns the value under key. The value is never nil, but may be empty. Get returns nil if there is no entry or
// the entry is a bucket.
func (b *Bucket) Get(key []byte) []byte {
	b.tx.mustBeOpen()
	e, ok := b.find(alias(key))
	if !ok {
		return nil
	}
	return e.value()
}

// Bucket returns the nested bucket with that name, or nil if it does not exist. A writable transaction returns the same
// *Bucket for the same bucket.
func (b *Bucket) Bucket(name []byte) *Bucket {
	b.tx.mustBeOpen()
	return b.nested(alias(name))
}

// nested returns the nested bucket with that name. It does not keep name.
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
	return b.open(strings.Clone(name), e.contents, new(writableBucket))
}

func (tx *Tx) bucket(c contents) *Bucket {
	return &Bucket{FillPercent: DefaultFillPercent, tx: tx, contents: c}
}

// BucketAt returns the bucket at the end of a path of names that starts in b, or nil if it does not exist. For an empty
// path it returns b.
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

// Freeze returns the contents of b as an immutable value, including changes of this transaction. The value outlives the
// transaction.
func (b *Bucket) Freeze() Frozen {
	b.tx.mustBeOpen()
	return Frozen{b.freeze()}
}

// checkWritable returns an error if b cannot be changed.
func (b *Bucket) checkWritable() error {
	if b.tx.db == nil {
		return errors.ErrTxClosed
	} else if !b.tx.writable {
		return errors.ErrTxNotWritable
	}
	return nil
}

// Put sets the value under key. A nil value is stored as an empty one.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrKeyRequired for an empty key, ErrKeyTooLarge, ErrValueTooLarge, or
// ErrIncompatibleValue if the key holds a bucket.
func (b *Bucket) Put(key, value []byte) error {
	if err := b.checkWritable(); err != nil {
		return err
	} else if len(key) == 0 {
		return errors.ErrKeyRequired
	} else if len(key) > MaxKeySize {
		return errors.ErrKeyTooLarge
	} else if int64(len(value)) > MaxValueSize {
		return errors.ErrValueTooLarge
	}
	if b.splice(alias(key), entry{contents: contents{packed: alias(value)}}, false) {
		b.touch(alias(key))
		return nil
	}
	// A bucket under this key is rare. Looking for it first would cost another search.
	k, v := own(key, value)
	t := b.edit()
	if was, replaced := t.set(k, entry{contents: contents{packed: v}}); replaced && was.bucket {
		t.set(k, was)
		return errors.ErrIncompatibleValue
	}
	b.touch(k)
	return nil
}

// Delete deletes the value under key. It has no effect if there is none.
//
// It returns ErrTxClosed, ErrTxNotWritable, or ErrIncompatibleValue if the key holds a bucket.
func (b *Bucket) Delete(key []byte) error {
	if err := b.checkWritable(); err != nil {
		return err
	}
	e, ok := b.find(alias(key))
	if !ok {
		return nil
	} else if e.bucket {
		return errors.ErrIncompatibleValue
	}
	b.remove(alias(key))
	return nil
}

// CreateBucket creates an empty nested bucket and returns it.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNameRequired for an empty name, ErrBucketExists, or
// ErrIncompatibleValue if the name holds a value.
func (b *Bucket) CreateBucket(name []byte) (*Bucket, error) {
	if err := b.checkName(name); err != nil {
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

// CreateBucketIfNotExists returns the nested bucket with that name and creates it if necessary.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNameRequired for an empty name, or ErrIncompatibleValue if the
// name holds a value.
func (b *Bucket) CreateBucketIfNotExists(name []byte) (*Bucket, error) {
	if err := b.checkName(name); err != nil {
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

func (b *Bucket) checkName(name []byte) error {
	if err := b.checkWritable(); err != nil {
		return err
	} else if len(name) == 0 {
		return errors.ErrBucketNameRequired
	}
	return nil
}

func (b *Bucket) create(name []byte) *Bucket {
	key := string(name)
	b.edit().set(key, entry{bucket: true})
	b.touch(key)
	return b.open(key, contents{}, new(writableBucket))
}

// PutBucket stores f as a nested bucket and replaces the bucket with that name, if any. Use it to store a record of
// many keys at once, or a bucket from another database: the contents are shared, not copied. An old *Bucket with that
// name has no further effect.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNameRequired for an empty name, or ErrIncompatibleValue if the
// name holds a value.
func (b *Bucket) PutBucket(name []byte, f Frozen) error {
	if err := b.checkName(name); err != nil {
		return err
	}
	e := entry{f.contents, true}
	if !b.splice(alias(name), e, false) {
		// As in Put, looking first would cost another search.
		key, t := string(name), b.edit()
		if was, replaced := t.set(key, e); replaced && !was.bucket {
			t.set(key, was)
			return errors.ErrIncompatibleValue
		}
	}
	b.detach(alias(name))
	b.touch(alias(name))
	return nil
}

// DeleteBucket deletes the nested bucket with that name and everything in it.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrBucketNotFound, or ErrIncompatibleValue if the name holds a value.
func (b *Bucket) DeleteBucket(name []byte) error {
	if err := b.checkWritable(); err != nil {
		return err
	}
	if _, err := b.findBucket(name); err != nil {
		return err
	}
	b.detach(alias(name))
	b.remove(alias(name))
	return nil
}

// remove deletes an entry.
func (b *Bucket) remove(key string) {
	if !b.splice(key, entry{}, true) {
		b.edit().remove(key)
	}
	b.touch(key)
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

// MoveBucket moves a nested bucket and everything in it to dst under the same name. A *Bucket of it stays valid.
//
// It returns ErrTxClosed, ErrTxNotWritable, ErrDifferentDB if dst belongs to another transaction, ErrBucketNotFound,
// ErrIncompatibleValue if the name holds a value in b or dst, ErrSameBuckets if dst is b, the moved bucket or a bucket
// inside it, and ErrBucketExists if dst has a bucket with that name.
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
	b.remove(alias(name))
	dst.edit().set(string(name), e)
	dst.touch(alias(name))
	if child != nil {
		b.detach(alias(name))
		dst.attach(child)
	}
	return nil
}

// within reports whether b is ancestor or lies inside it.
func (b *Bucket) within(ancestor *Bucket) bool {
	for ; b != nil; b = b.draft.parent {
		if b == ancestor {
			return true
		}
	}
	return false
}

// Sequence returns the number from [Bucket.SetSequence] or [Bucket.NextSequence], initially 0.
func (b *Bucket) Sequence() uint64 { return b.sequence() }

// SetSequence sets the sequence. It returns ErrTxClosed or ErrTxNotWritable.
func (b *Bucket) SetSequence(v uint64) error {
	if err := b.checkWritable(); err != nil {
		return err
	}
	b.edit().sequence = v
	b.touch("")
	return nil
}

// NextSequence increments the sequence and returns the new value. It returns ErrTxClosed or ErrTxNotWritable.
func (b *Bucket) NextSequence() (uint64, error) {
	if err := b.checkWritable(); err != nil {
		return 0, err
	}
	next := b.Sequence() + 1
	return next, b.SetSequence(next)
}

// ForEach calls fn for every entry in ascending order of the keys. The value of a nested bucket is nil. ForEach stops
// at the first error of fn and returns it. It returns ErrTxClosed if the transaction has ended.
//
// fn may change b. ForEach then continues with the first key after the current one, as b is at that moment.
func (b *Bucket) ForEach(fn func(k, v []byte) error) error {
	return b.forEach(func(key string, e entry) error { return fn(view(key), e.value()) })
}

// ForEachBucket is [Bucket.ForEach] for nested buckets only.
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
