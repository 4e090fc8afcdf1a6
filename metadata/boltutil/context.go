package boltutil

import (
	"context"

	"github.com/holdfast-gc/holdfast/memkv"
)

type transactionKey struct{}

// WithTransaction returns a context that carries tx.
func WithTransaction(ctx context.Context, tx *memkv.Tx) context.Context {
	return context.WithValue(ctx, transactionKey{}, tx)
}

// Transaction returns the transaction that ctx carries, if it carries one.
func Transaction(ctx context.Context) (tx *memkv.Tx, ok bool) {
	tx, ok = ctx.Value(transactionKey{}).(*memkv.Tx)
	return tx, ok
}
