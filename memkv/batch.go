package memkv

import (
	"fmt"
	"slices"
	"sync"

	"go.etcd.io/bbolt/errors"
)

// batches are the pending calls of Batch.
type batches struct {
	mu      sync.Mutex // held briefly, never while waiting for the writer lock
	waiting []*call
}

// A call is a call of Batch. The holder of the writer lock sets its outcome.
type call struct {
	fn      func(*Tx) error
	outcome outcome
}

type outcome uint8

const (
	undecided outcome = iota
	committed
	failed // as part of a batch; Batch then runs the call alone
)

// Batch calls fn as Update does, but in one transaction with other calls of Batch that wait for the same writer. Batch
// may call fn several times, even if an earlier call returned nil, so side effects outside the transaction must not
// count before Batch returns nil. If fn fails as part of a batch, Batch runs the other functions again without it and
// runs fn alone; the caller gets the error or panic of that run.
//
// There is no delay and no goroutine: the first waiting call that gets the writer lock does the work of all.
// [DB.MaxBatchSize] limits their number.
func (db *DB) Batch(fn func(*Tx) error) error {
	if db.MaxBatchSize <= 0 {
		return db.Update(fn)
	} else if db.options.readOnly {
		return errors.ErrDatabaseReadOnly
	} else if db.writer == nil {
		return errors.ErrDatabaseNotOpen
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

// runBatch waits for the writer lock. If own is still undecided, it decides at least one call. It returns the outcome
// of own.
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
	decided := own.outcome // read while the writer lock is held
	return decided, tx.Commit()
}

// next returns the n calls that have waited longest, or all if there are fewer.
func (b *batches) next(n int) []*call {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.waiting[:min(n, len(b.waiting))])
}

// forget drops the decided calls.
func (b *batches) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(c *call) bool { return c.outcome != undecided })
}

// safely calls fn and returns a panic as an error.
func safely(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn(tx)
}
