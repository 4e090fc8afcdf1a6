package metadata

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv"
	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/metadata/boltutil"
)

// A Transactor runs transactions. View passes fn a read-only transaction on the last committed state. Update passes fn
// a writing transaction, and commits it, or rolls it back if fn returns an error. *[memkv.DB] implements it.
type Transactor interface {
	View(fn func(*memkv.Tx) error) error
	Update(fn func(*memkv.Tx) error) error
}

// A ContextTransactor is a [Transactor] that takes the context of the call for which it runs a transaction, for example
// to end a wait when the context ends. A [DB] calls these methods in place of View and Update if its Transactor has
// them. *DB itself is a ContextTransactor.
type ContextTransactor interface {
	Transactor
	ViewContext(ctx context.Context, fn func(*memkv.Tx) error) error
	UpdateContext(ctx context.Context, fn func(*memkv.Tx) error) error
}

// viewContext calls fn with a new read-only transaction of db.
func viewContext(ctx context.Context, db Transactor, fn func(*memkv.Tx) error) error {
	if c, ok := db.(ContextTransactor); ok {
		return c.ViewContext(ctx, fn)
	}
	return db.View(fn)
}

// updateContext calls fn with a new writing transaction of db.
func updateContext(ctx context.Context, db Transactor, fn func(*memkv.Tx) error) error {
	if c, ok := db.(ContextTransactor); ok {
		return c.UpdateContext(ctx, fn)
	}
	return db.Update(fn)
}

// WithTransactionContext returns a context that makes each store call run inside tx instead of its own transaction. The
// caller commits tx or rolls it back. Such calls publish no events.
func WithTransactionContext(ctx context.Context, tx *memkv.Tx) context.Context {
	return boltutil.WithTransaction(ctx, tx)
}

// view calls fn with the transaction of ctx if it carries one, otherwise with a new transaction of db.
func view(ctx context.Context, db Transactor, fn func(*memkv.Tx) error) error {
	if tx, ok := boltutil.Transaction(ctx); ok {
		return fn(tx)
	}
	return viewContext(ctx, db, fn)
}

// update calls fn with the transaction of ctx if it carries one, otherwise with a new transaction of db. It fails with
// [errbolt.ErrTxNotWritable] if the transaction of ctx is read-only.
func update(ctx context.Context, db Transactor, fn func(*memkv.Tx) error) error {
	tx, ok := boltutil.Transaction(ctx)
	switch {
	case !ok:
		return updateContext(ctx, db, fn)
	case !tx.Writable():
		return fmt.Errorf("transaction of the context: %w", errbolt.ErrTxNotWritable)
	}
	return fn(tx)
}
