package engine

import (
	"context"
	"errors"
	"iter"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// transaction is a suspended call of DB.Update or DB.View that Ops can join. It behaves like a caller's own
// transaction, locks included.
//
// Invariant: commit is decided before the call continues; the transaction ends only when using is 0.
type transaction struct {
	ctx      *relay
	tx       *memkv.Tx
	writable bool
	commit   bool // whether to commit at the end
	err      error
	using    int  // number of calls that use it now
	doomed   bool // to be rolled back when using is 0
	next     func() (*memkv.Tx, bool)
	stop     func()
}

// A relay is the context of the Op that begins or ends a transaction: the context of the Op that runs now.
type relay struct{ context.Context }

var errRollback = errors.New("rolled back")

// begin starts a transaction and suspends it.
func begin(ctx context.Context, db *metadata.DB, writable bool) (*transaction, error) {
	t := &transaction{ctx: &relay{ctx}, writable: writable}
	run := db.ViewContext
	if writable {
		run = db.UpdateContext
	}
	t.next, t.stop = iter.Pull(func(yield func(*memkv.Tx) bool) {
		t.err = run(t.ctx, func(tx *memkv.Tx) error {
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

// end continues the transaction to its commit or rollback.
func (t *transaction) end(ctx context.Context, commit bool) error {
	t.ctx.Context, t.commit = ctx, commit
	t.next()
	t.stop()
	if !commit && errors.Is(t.err, errRollback) {
		return nil
	}
	return t.err
}

// abandon rolls the transaction back as soon as no call uses it.
func (t *transaction) abandon() {
	if t.doomed = true; t.using == 0 {
		t.stop()
	}
}

// release ends the use by a call.
func (t *transaction) release() {
	if t.using--; t.doomed && t.using == 0 {
		t.stop()
	}
}

// handles are the open handles of Ops on a daemon, by name.
type handles struct {
	op.Open
	transactions op.Handles[*transaction] // Invariant: at most one of them is writable.
}

// drop closes all handles.
func (h *handles) drop() {
	h.Close()
	for _, t := range h.transactions.All {
		t.abandon()
	}
	h.transactions = op.Handles[*transaction]{}
}

// writing returns the name of the open writing transaction.
func (h *handles) writing() (name string, ok bool) {
	for name, t := range h.transactions.All {
		if t.writable {
			return name, true
		}
	}
	return "", false
}
