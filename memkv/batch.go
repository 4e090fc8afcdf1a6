package memkv

import (
	"fmt"
	"slices"
	"sync"

	"go.etcd.io/bbolt/errors"
)

// batches are the calls of Batch that have not been decided yet.
type batches struct {
	mu      sync.Mutex // held for moments only, and never while waiting for the writer
	waiting []*call
}

// A call is a call of Batch. Whoever holds the writer decides over it.
type call struct {
	fn      func(*Tx) error
	outcome outcome
}

type outcome uint8

const (
	undecided outcome = iota
	committed
	failed // as part of a batch; to be run alone
)

// Batch calls fn as Update does, but in one transaction with other calls of
// Batch that wait for the same writer. fn may be called several times, even if
// it returned nil before, and what it did outside of the transaction should
// not count before Batch returns nil. If it fails as part of a batch, the others
// are run again without it, and it is run alone: what that returns, or panics
// with, is what its caller gets.
//
// There is no delay and no goroutine: the first of the waiting calls to get
// hold of the writer does the work of all. DB.MaxBatchSize limits their number.
func (db *DB) Batch(fn func(*Tx) error) error {
	if db.MaxBatchSize <= 0 {
		return db.Update(fn)
	} else if db.options.readOnly {
		return errors.ErrDatabaseReadOnly
	}
	own := &call{fn: fn}
	db.batches.mu.Lock()
	db.batches.waiting = append(db.batches.waiting, own)
	db.batches.mu.Unlock()
	for {
		switch outcome, err := db.runBatch(own); {
		case err != nil:
			return err
		case outcome == committed:
			return nil
		case outcome == failed:
			return db.Update(fn)
		}
	}
}

// runBatch waits for the writer and, if own isn't decided by then, decides over
// at least one call. It returns what became of own.
func (db *DB) runBatch(own *call) (outcome, error) {
	db.writer.Lock()
	if own.outcome != undecided {
		db.writer.Unlock()
		return own.outcome, nil
	}
	tx, err := db.beginLocked()
	if err != nil {
		return undecided, err
	}
	defer tx.end()

	calls := db.batches.next(db.MaxBatchSize)
	tx.managed = true
	for _, c := range calls {
		if safely(c.fn, tx) != nil {
			c.outcome = failed
			db.batches.forget()
			return own.outcome, nil
		}
	}
	tx.managed = false
	for _, c := range calls {
		c.outcome = committed
	}
	db.batches.forget()
	decided := own.outcome // not to be read once the writer is free
	return decided, tx.Commit()
}

// next returns the calls that have waited longest, at most n.
func (b *batches) next(n int) []*call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.waiting[:min(n, len(b.waiting))])
}

// forget drops the calls that are decided.
func (b *batches) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(c *call) bool { return c.outcome != undecided })
}

// safely turns a panic into an error.
func safely(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn(tx)
}
