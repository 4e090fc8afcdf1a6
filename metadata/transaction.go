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
	return db.View(fn)
}

// update calls fn with the transaction of ctx if it carries one, otherwise with a new transaction of db. It fails with
// [errbolt.ErrTxNotWritable] if the transaction of ctx is read-only.
func update(ctx context.Context, db Transactor, fn func(*memkv.Tx) error) error {
	tx, ok := boltutil.Transaction(ctx)
	switch {
	case !ok:
		return db.Update(fn)
	case !tx.Writable():
		return fmt.Errorf("transaction of the context: %w", errbolt.ErrTxNotWritable)
	}
	return fn(tx)
}
