package memkv

import (
	"sync/atomic"

	"go.etcd.io/bbolt/errors"
)

// A Tx is a transaction: a consistent view of a database, and, if it is
// writable, changes to it that nobody else sees before Commit.
//
// It must be ended with Commit or Rollback, unless View, Update or Batch do so.
// A read-only transaction may be used by several goroutines, a writable one by
// one at a time. Using a transaction that has ended, or what came from it,
// returns ErrTxClosed where there is an error to return, and panics otherwise;
// bytes that it returned stay good.
type Tx struct {
	// WriteFlag has no effect. It is there because bolt has it.
	WriteFlag int

	// Owner is for whoever began the transaction to say who that is. memkv takes no notice of it.
	Owner any

	db       *DB // nil: it has ended
	id       int
	root     Bucket
	writable bool
	managed  bool // by View, Update or Batch
	onCommit []func()
	cursors  atomic.Int64
}

// ID returns the number of the transaction: for a read-only one, that of the
// commit it sees. It is -1 once the transaction has ended.
func (tx *Tx) ID() int {
	if tx == nil || tx.db == nil {
		return -1
	}
	return tx.id
}

// DB returns the database, or nil once the transaction has ended.
func (tx *Tx) DB() *DB { return tx.db }

// Writable reports whether the transaction can change anything.
func (tx *Tx) Writable() bool { return tx.writable }

// Cursor returns a cursor over the root bucket, whose entries are the
// top-level buckets.
func (tx *Tx) Cursor() *Cursor { return tx.root.Cursor() }

// Bucket returns the top-level bucket of that name, or nil if there is none.
func (tx *Tx) Bucket(name []byte) *Bucket { return tx.root.Bucket(name) }

// BucketAt returns the bucket at the end of a path of names, or nil if there is
// none. In a read-only transaction this is cheaper than a call of Bucket for
// each name, since nothing is made for what lies between.
func (tx *Tx) BucketAt(path ...string) *Bucket { return tx.root.BucketAt(path...) }

// CreateBucket makes a top-level bucket; see Bucket.CreateBucket.
func (tx *Tx) CreateBucket(name []byte) (*Bucket, error) { return tx.root.CreateBucket(name) }

// CreateBucketIfNotExists returns a top-level bucket, which it makes if there is
// none; see Bucket.CreateBucketIfNotExists.
func (tx *Tx) CreateBucketIfNotExists(name []byte) (*Bucket, error) {
	return tx.root.CreateBucketIfNotExists(name)
}

// PutBucket sets a whole top-level bucket; see Bucket.PutBucket.
func (tx *Tx) PutBucket(name []byte, f Frozen) error { return tx.root.PutBucket(name, f) }

// DeleteBucket deletes a top-level bucket; see Bucket.DeleteBucket.
func (tx *Tx) DeleteBucket(name []byte) error { return tx.root.DeleteBucket(name) }

// MoveBucket moves the bucket called child from src to dst, where nil means
// the root; see Bucket.MoveBucket.
func (tx *Tx) MoveBucket(child []byte, src, dst *Bucket) error {
	if src == nil {
		src = &tx.root
	}
	if dst == nil {
		dst = &tx.root
	}
	return src.MoveBucket(child, dst)
}

// ForEach calls fn for every top-level bucket in ascending order of their
// names, until fn returns an error, which it then returns.
func (tx *Tx) ForEach(fn func(name []byte, b *Bucket) error) error {
	return tx.root.ForEach(func(k, _ []byte) error { return fn(k, tx.root.Bucket(k)) })
}

// Inspect describes the tree of buckets.
func (tx *Tx) Inspect() BucketStructure { return tx.root.Inspect() }

// Freeze returns what the root bucket holds, changes of this transaction
// included, as a value.
func (tx *Tx) Freeze() Frozen { return tx.root.Freeze() }

// Fork returns an independent database that begins with what the transaction
// sees, changes of its own included. It is DB.Fork for a state that isn't the
// last commit: an older one, or one that may never be committed.
func (tx *Tx) Fork() *DB {
	tx.mustBeOpen()
	return tx.db.fork(&snapshot{id: tx.id, root: tx.root.freeze()})
}

// OnCommit adds a function that Commit calls after it has committed and let the
// next writer in. They are called in the order in which they were added.
func (tx *Tx) OnCommit(fn func()) { tx.onCommit = append(tx.onCommit, fn) }

// Commit makes the changes what the next transactions see, and ends the
// transaction. It returns ErrTxClosed if it has ended already, and
// ErrTxNotWritable, without ending it, if it is read-only.
func (tx *Tx) Commit() error {
	if tx.managed {
		panic("assertion failed: managed tx commit not allowed")
	}
	if tx.db == nil {
		return errors.ErrTxClosed
	} else if !tx.writable {
		return errors.ErrTxNotWritable
	}
	root := tx.root.freeze()
	if tx.db.StrictMode {
		if faults := root.check(HexKVStringer()); len(faults) > 0 {
			panic("check fail: " + joinErrors(faults))
		}
	}
	tx.db.head.Store(&snapshot{id: tx.id, root: root})
	tx.end()
	for _, fn := range tx.onCommit {
		fn()
	}
	return nil
}

// Rollback drops the changes, if any, and ends the transaction. It returns
// ErrTxClosed if it has ended already.
func (tx *Tx) Rollback() error {
	if tx.managed {
		panic("assertion failed: managed tx rollback not allowed")
	}
	if tx.db == nil {
		return errors.ErrTxClosed
	}
	tx.end()
	return nil
}

// end closes the transaction, if it is open.
func (tx *Tx) end() {
	db := tx.db
	if db == nil {
		return
	}
	tx.db = nil
	tx.root = Bucket{tx: tx}
	db.counts.ended(tx)
	if tx.writable {
		db.writer.Unlock()
	}
}

func (tx *Tx) mustBeOpen() {
	if tx.db == nil {
		panic("assertion failed: tx closed")
	}
}
