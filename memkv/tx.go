package memkv

import (
	"sync/atomic"

	"go.etcd.io/bbolt/errors"
)

// A Tx is a transaction: a consistent view of a database. A writable transaction can also change it; other transactions
// see the changes after Commit.
//
// The caller must end it with Commit or Rollback, unless View, Update or Batch began it. Several goroutines may use a
// read-only transaction at once; only one at a time may use a writable one. After the end of a transaction, methods of
// it and of its buckets and cursors return ErrTxClosed if they return an error, and otherwise panic. Returned bytes
// stay valid.
type Tx struct {
	// WriteFlag has no effect. It exists because bolt has it.
	WriteFlag int

	// Owner belongs to the code that began the transaction; memkv does not use it. For example, code that gets only a
	// transaction can find its own state here.
	Owner any

	db       *DB // nil after the end
	id       int
	head     *snapshot // the last commit when the transaction began
	root     Bucket
	writable bool
	managed  bool // View, Update or Batch ends it
	onCommit []func()
	journal  bool    // the database records changes
	commit   *commit // of a writable transaction; see Position
	cursors  atomic.Int64
}

// ID returns the number of the transaction. For a read-only transaction it is the number of the commit that the
// transaction sees. It is -1 after the end.
func (tx *Tx) ID() int {
	if tx == nil || tx.db == nil {
		return -1
	}
	return tx.id
}

// DB returns the database, or nil after the end of the transaction.
func (tx *Tx) DB() *DB { return tx.db }

// Writable reports whether the transaction is writable.
func (tx *Tx) Writable() bool { return tx.writable }

// Cursor returns a cursor over the root bucket. Its entries are the top-level buckets.
func (tx *Tx) Cursor() *Cursor { return tx.root.Cursor() }

// Bucket returns the top-level bucket with that name, or nil if it does not exist.
func (tx *Tx) Bucket(name []byte) *Bucket { return tx.root.Bucket(name) }

// BucketAt returns the bucket at the end of a path of names, or nil if it does not exist. In a read-only transaction
// this is cheaper than a call of Bucket per name, because it allocates nothing for the buckets in between.
func (tx *Tx) BucketAt(path ...string) *Bucket { return tx.root.BucketAt(path...) }

// CreateBucket creates a top-level bucket; see [Bucket.CreateBucket].
func (tx *Tx) CreateBucket(name []byte) (*Bucket, error) { return tx.root.CreateBucket(name) }

// CreateBucketIfNotExists returns a top-level bucket and creates it if necessary; see [Bucket.CreateBucketIfNotExists].
func (tx *Tx) CreateBucketIfNotExists(name []byte) (*Bucket, error) {
	return tx.root.CreateBucketIfNotExists(name)
}

// PutBucket stores f as a top-level bucket; see [Bucket.PutBucket].
func (tx *Tx) PutBucket(name []byte, f Frozen) error { return tx.root.PutBucket(name, f) }

// DeleteBucket deletes a top-level bucket; see [Bucket.DeleteBucket].
func (tx *Tx) DeleteBucket(name []byte) error { return tx.root.DeleteBucket(name) }

// MoveBucket moves the bucket called child from src to dst. A nil src or dst is the root bucket; see
// [Bucket.MoveBucket].
func (tx *Tx) MoveBucket(child []byte, src, dst *Bucket) error {
	if src == nil {
		src = &tx.root
	}
	if dst == nil {
		dst = &tx.root
	}
	return src.MoveBucket(child, dst)
}

// ForEach calls fn for every top-level bucket in ascending order of their names. It stops at the first error of fn and
// returns it.
func (tx *Tx) ForEach(fn func(name []byte, b *Bucket) error) error {
	return tx.root.ForEach(func(k, _ []byte) error { return fn(k, tx.root.Bucket(k)) })
}

// Inspect describes the tree of buckets.
func (tx *Tx) Inspect() BucketStructure { return tx.root.Inspect() }

// Freeze returns the contents of the root bucket as an immutable value, including changes of this transaction.
func (tx *Tx) Freeze() Frozen { return tx.root.Freeze() }

// Fork returns an independent database that starts with the state that the transaction sees, including its own changes.
// Unlike [DB.Fork] it can start with an older state, or with one that is never committed.
func (tx *Tx) Fork() *DB {
	tx.mustBeOpen()
	return tx.db.fork(&snapshot{id: tx.id, root: tx.root.freeze()})
}

// OnCommit adds a function that Commit calls after it has committed and released the writer lock. Commit calls the
// functions in the order in which they were added.
func (tx *Tx) OnCommit(fn func()) { tx.onCommit = append(tx.onCommit, fn) }

// Commit publishes the changes and ends the transaction. It returns ErrTxClosed if the transaction has ended, and
// ErrTxNotWritable, without ending it, if the transaction is read-only.
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
	tx.publish(root)
	tx.end()
	for _, fn := range tx.onCommit {
		fn()
	}
	return nil
}

// Rollback discards the changes and ends the transaction. It returns ErrTxClosed if the transaction has ended.
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
