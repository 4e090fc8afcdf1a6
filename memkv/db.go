package memkv

import (
	"fmt"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv/lock"
)

// Limits on keys and values, as in bolt.
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

// An Option configures a database when it is made. Forks inherit the options.
type Option func(*options)

type options struct {
	path      string
	readOnly  bool
	strict    bool
	scheduler lock.Scheduler
	onClose   func()
}

// WithPath sets the result of [DB.Path], for example the file that the database was read from. The path is only a name;
// memkv opens nothing. The default is "".
func WithPath(path string) Option { return func(o *options) { o.path = path } }

// WithReadOnly makes Begin(true), Update and Batch return ErrDatabaseReadOnly.
func WithReadOnly() Option { return func(o *options) { o.readOnly = true } }

// WithStrictMode sets [DB.StrictMode].
func WithStrictMode() Option { return func(o *options) { o.strict = true } }

// WithScheduler makes s park a writer that has to wait for another writer. The default, nil, blocks the writer's
// goroutine.
func WithScheduler(s lock.Scheduler) Option { return func(o *options) { o.scheduler = s } }

// WithOnClose makes the first Close call f when the database is closed, before Close returns. Forks do not inherit f.
func WithOnClose(f func()) Option { return func(o *options) { o.onClose = f } }

// A DB is a tree of buckets in memory, read and changed through transactions. Its methods are safe for concurrent use.
// Set its fields before the first concurrent use. [New] returns one; the zero DB is not open, as after Close.
//
// Invariant: head and writer are both set, or both nil in the zero DB.
type DB struct {
	// StrictMode makes every Commit check the whole database and panic on a fault. It is slow and meant for debugging.
	StrictMode bool
	// MaxBatchSize is the maximum number of functions that Batch runs in one transaction. If it is 0 or less, each
	// function has its own transaction.
	MaxBatchSize int
	// MaxBatchDelay has no effect. It exists because bolt has it: here, a batch consists of the calls that wait for the
	// same writer to finish.
	MaxBatchDelay time.Duration

	options options
	head    atomic.Pointer[snapshot] // the last commit
	writer  *lock.Mutex              // held by the open write transaction
	closed  atomic.Bool
	batches batches
	counts  counts
}

// A snapshot is a committed state. Its contents are immutable.
type snapshot struct {
	id   int // ID of the transaction that committed this state
	root contents
	// commit is nil until the database records changes. It is the database's own: a fork starts with another snapshot.
	commit atomic.Pointer[commit]
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

// Fork returns an independent database that starts with the last commit of db. Changes to one are invisible to the
// other. It takes constant time, because both share all unchanged data. The fork of a closed database is open, and the
// fork of the zero DB is a zero DB. The fork has the options of db without WithOnClose, followed by opts.
func (db *DB) Fork(opts ...Option) *DB {
	head := db.head.Load()
	if head == nil {
		return &DB{}
	}
	return db.fork(&snapshot{id: head.id, root: head.root}, opts...)
}

func (db *DB) fork(head *snapshot, opts ...Option) *DB {
	o := db.options
	o.strict = db.StrictMode
	o.onClose = nil
	for _, set := range opts {
		set(&o)
	}
	fork := open(o, head)
	fork.MaxBatchSize = db.MaxBatchSize
	fork.MaxBatchDelay = db.MaxBatchDelay
	return fork
}

// Begin starts a transaction. Any number of read-only transactions can be open. A writable transaction waits until no
// other writable transaction is open. The caller must end the transaction with Commit or Rollback.
//
// A read-only transaction sees the last commit for as long as it is open. It never waits and no other transaction waits
// for it, so a goroutine with an open writable transaction can begin and use read-only ones.
//
// It returns ErrDatabaseNotOpen after Close or of the zero DB, and ErrDatabaseReadOnly for a writable transaction of a
// read-only database.
func (db *DB) Begin(writable bool) (*Tx, error) {
	if writable {
		return db.beginWrite()
	}
	head := db.head.Load()
	if head == nil || db.closed.Load() {
		return nil, errors.ErrDatabaseNotOpen
	}
	db.counts.begun.Add(1)
	db.counts.open.Add(1)
	tx := &Tx{db: db, id: head.id, head: head}
	tx.root = Bucket{FillPercent: DefaultFillPercent, tx: tx, contents: head.root}
	return tx, nil
}

func (db *DB) beginWrite() (*Tx, error) {
	if db.options.readOnly {
		return nil, errors.ErrDatabaseReadOnly
	} else if db.writer == nil {
		return nil, errors.ErrDatabaseNotOpen
	}
	db.writer.Lock()
	return db.beginLocked()
}

// beginLocked begins a write transaction. The caller holds the writer lock; beginLocked releases it on error.
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
	tx.Tx = Tx{db: db, id: head.id + 1, head: head, writable: true, journal: head.commit.Load() != nil}
	tx.root = Bucket{FillPercent: DefaultFillPercent, tx: &tx.Tx, contents: head.root, draft: &tx.draft}
	return &tx.Tx, nil
}

// View calls fn with a read-only transaction and returns fn's error. The transaction ends when fn returns or panics. A
// call of Commit or Rollback inside fn panics.
func (db *DB) View(fn func(*Tx) error) error {
	return db.manage(false, fn)
}

// Update calls fn with a writable transaction. If fn returns nil, Update commits. If fn returns an error or panics,
// Update rolls back; it returns fn's error. A call of Commit or Rollback inside fn panics.
func (db *DB) Update(fn func(*Tx) error) error {
	return db.manage(true, fn)
}

func (db *DB) manage(writable bool, fn func(*Tx) error) error {
	tx, err := db.Begin(writable)
	if err != nil {
		return err
	}
	defer tx.end() // no effect if the transaction has ended by then

	tx.managed = true
	err = fn(tx)
	tx.managed = false
	if err != nil || !writable {
		tx.end()
		return err
	}
	return tx.Commit()
}

// Close waits for an open write transaction to end. After that Begin fails. Close does not wait for read-only
// transactions; they keep their view. Closing a closed database has no effect.
func (db *DB) Close() error {
	if db.writer == nil {
		return nil
	}
	db.writer.Lock()
	defer db.writer.Unlock()
	if !db.closed.Swap(true) && db.options.onClose != nil {
		db.options.onClose()
	}
	return nil
}

// Sync returns nil. There is no file to sync.
func (db *DB) Sync() error { return nil }

// Path returns the path from [WithPath], or "" after Close.
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
