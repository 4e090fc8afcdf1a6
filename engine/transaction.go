package engine

import (
	"errors"
	"iter"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// transaction is a call of DB.Update or DB.View that is suspended while Ops take
// part in it: so it is what a caller's own would be, down to the locks.
type transaction struct {
	tx       *memkv.Tx
	writable bool
	commit   bool // decided before it goes on
	err      error
	using    int  // calls that take part in it now
	doomed   bool // to be rolled back when no call does
	next     func() (*memkv.Tx, bool)
	stop     func()
}

var errRollback = errors.New("rolled back")

// begin starts a transaction and suspends it.
func begin(db *metadata.DB, writable bool) (*transaction, error) {
	t := &transaction{writable: writable}
	run := db.View
	if writable {
		run = db.Update
	}
	t.next, t.stop = iter.Pull(func(yield func(*memkv.Tx) bool) {
		t.err = run(func(tx *memkv.Tx) error {
			if !yield(tx) || !t.commit {
				return errRollback
			}
			return nil
		})
	})
	var ok bool
	if t.tx, ok = t.next(); !ok {
		return nil, t.err
	}
	return t, nil
}

// end lets the transaction go on, to its commit or its rollback.
func (t *transaction) end(commit bool) error {
	t.commit = commit
	t.next()
	t.stop()
	if !commit && errors.Is(t.err, errRollback) {
		return nil
	}
	return t.err
}

// abandon rolls back, once no call takes part any more.
func (t *transaction) abandon() {
	if t.doomed = true; t.using == 0 {
		t.stop()
	}
}

// release ends a call's part in it.
func (t *transaction) release() {
	if t.using--; t.doomed && t.using == 0 {
		t.stop()
	}
}
