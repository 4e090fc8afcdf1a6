package metadata

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv"
	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/metadata/boltutil"
)

// A Transactor runs transactions: View on what was last committed, Update on
// what it then commits, or rolls back if fn fails. A *memkv.DB is one.
type Transactor interface {
	View(fn func(*memkv.Tx) error) error
	Update(fn func(*memkv.Tx) error) error
}

// WithTransactionContext returns a context in which every call to a store
// takes part in tx instead of a transaction of its own. The caller commits
// tx, or rolls it back; until then, nothing of it is published as an event.
func WithTransactionContext(ctx context.Context, tx *memkv.Tx) context.Context {
	return boltutil.WithTransaction(ctx, tx)
}

// view calls fn with the transaction of ctx, or else one of db's own.
func view(ctx context.Context, db Transactor, fn func(*memkv.Tx) error) error {
	if tx, ok := boltutil.Transaction(ctx); ok {
		return fn(tx)
	}
	return db.View(fn)
}

// update calls fn with the transaction of ctx, or else one of db's own. It
// fails if the transaction of ctx is read-only.
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
