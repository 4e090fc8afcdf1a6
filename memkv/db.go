package memkv

import (
	"fmt"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv/lock"
)

// Limits on what can be stored, as in bolt.
const (
	// MaxKeySize is the maximum length of a key, in bytes.
	MaxKeySize = 32768
	// MaxValueSize is the maximum length of a value, in bytes.
	MaxValueSize = (1 << 31) - 2
)

// Defaults of the fields of DB.
const (
	DefaultMaxBatchSize  = 1000
	DefaultMaxBatchDelay = 10 * time.Millisecond
)

// A DB is a tree of buckets in memory, read and changed through transactions.
// Its methods are safe for concurrent use; the fields are to be set before that.
type DB struct {
	// StrictMode makes every Commit check the whole database and panic if it
	// finds a fault. It is for debugging: it is slow.
	StrictMode bool
	// MaxBatchSize is how many functions Batch runs in one transaction at most.
	// With 0 or less, each has its own.
	MaxBatchSize int
	// MaxBatchDelay has no effect. It is there because bolt has it: a batch
	// here is made of the calls that wait for the same writer to finish.
	MaxBatchDelay time.Duration

	options options
	head    atomic.Pointer[snapshot] // the last commit
	writer  *lock.Mutex              // held by the open write transaction
	closed  atomic.Bool
	batches batches
	counts  counts
}

// A snapshot is a committed state. It never changes.
type snapshot struct {
	id   int // of the transaction that committed it
	root contents
}

// New returns an empty database.
func New(opts ...Option) *DB {
	var o options
	for _, set := range opts {
		set(&o)
	}
	return open(o, &snapshot{id: 1})
}

func open(o options, head *snapshot) *DB {
	db := &DB{
		StrictMode:    o.strict,
		MaxBatchSize:  DefaultMaxBatchSize,
		MaxBatchDelay: DefaultMaxBatchDelay,
		options:       o,
		writer:        lock.NewMutex(o.scheduler),
	}
	db.head.Store(head)
	return db
}

// Fork returns an independent database that begins with what db holds: with the
// last commit, if a write transaction is open. Neither sees what happens in the
// other. It takes the same time whatever the size, since all that doesn't change
// stays shared. The fork of a closed database is open. It has db's options, and
// then opts.
func (db *DB) Fork(opts ...Option) *DB {
	return db.fork(db.head.Load(), opts...)
}

func (db *DB) fork(head *snapshot, opts ...Option) *DB {
	o := db.options
	o.strict = db.StrictMode
	for _, set := range opts {
		set(&o)
	}
	fork := open(o, head)
	fork.MaxBatchSize = db.MaxBatchSize
	fork.MaxBatchDelay = db.MaxBatchDelay
	return fork
}

// Begin starts a transaction. Any number of read-only ones can be open; a
// writable one waits until no other writable one is open. A transaction must be
// ended with Commit or Rollback.
//
// A read-only transaction sees the last commit for as long as it is open. It
// never waits and nobody waits for it, so that it can be begun and used while
// the same goroutine has a writable one open.
//
// It returns ErrDatabaseNotOpen after Close, and ErrDatabaseReadOnly for a
// writable transaction of a read-only database.
func (db *DB) Begin(writable bool) (*Tx, error) {
	if writable {
		return db.beginWrite()
	}
	if db.closed.Load() {
		return nil, errors.ErrDatabaseNotOpen
	}
	db.counts.begun.Add(1)
	db.counts.open.Add(1)
	head := db.head.Load()
	tx := &Tx{db: db, id: head.id}
	tx.root = Bucket{FillPercent: DefaultFillPercent, tx: tx, contents: head.root}
	return tx, nil
}

func (db *DB) beginWrite() (*Tx, error) {
	if db.options.readOnly {
		return nil, errors.ErrDatabaseReadOnly
	}
	db.writer.Lock()
	return db.beginLocked()
}

// beginLocked begins a write transaction for whoever holds the writer, and lets
// go of the writer if there is an error.
func (db *DB) beginLocked() (*Tx, error) {
	if db.closed.Load() {
		db.writer.Unlock()
		return nil, errors.ErrDatabaseNotOpen
	}
	head := db.head.Load()
	var tx struct {
		Tx
		draft draft // of the root
	}
	tx.Tx = Tx{db: db, id: head.id + 1, writable: true}
	tx.root = Bucket{FillPercent: DefaultFillPercent, tx: &tx.Tx, contents: head.root, draft: &tx.draft}
	return &tx.Tx, nil
}

// View calls fn with a read-only transaction, which ends when fn returns or
// panics, and returns fn's error. fn must not end it itself: that panics.
func (db *DB) View(fn func(*Tx) error) error {
	return db.manage(false, fn)
}

// Update calls fn with a writable transaction. If fn returns nil, it is
// committed; if fn returns an error, which Update then returns, or panics, it is
// rolled back. fn must not end it itself: that panics.
func (db *DB) Update(fn func(*Tx) error) error {
	return db.manage(true, fn)
}

func (db *DB) manage(writable bool, fn func(*Tx) error) error {
	tx, err := db.Begin(writable)
	if err != nil {
		return err
	}
	defer tx.end() // does nothing if it ended below

	tx.managed = true
	err = fn(tx)
	tx.managed = false
	if err != nil || !writable {
		tx.end()
		return err
	}
	return tx.Commit()
}

// Close waits for an open write transaction to end, and makes Begin fail from
// then on. Read-only transactions that are open keep what they see, and are not
// waited for. To close a closed database does nothing.
func (db *DB) Close() error {
	db.writer.Lock()
	defer db.writer.Unlock()
	db.closed.Store(true)
	return nil
}

// Sync does nothing: there is no file. It returns nil.
func (db *DB) Sync() error { return nil }

// Path returns what WithPath set, and "" after Close.
func (db *DB) Path() string {
	if db.closed.Load() {
		return ""
	}
	return db.options.path
}

// IsReadOnly reports whether WithReadOnly was given.
func (db *DB) IsReadOnly() bool { return db.options.readOnly }

// String returns a name for messages.
func (db *DB) String() string { return fmt.Sprintf("DB<%q>", db.Path()) }

// GoString returns a name for messages with %#v.
func (db *DB) GoString() string { return fmt.Sprintf("memkv.DB{path:%q}", db.Path()) }
