package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/memkv"
)

// pass makes a call from the daemon to its environment with the active faults. It makes no call if the daemon is dead.
func pass[T any](ctx context.Context, d *daemon, s site, call func() (T, error)) (T, error) {
	if err := d.faulted(ctx, s, false); err != nil {
		return *new(T), err
	}
	v, err := call()
	if failed := d.faulted(ctx, s, true); failed != nil {
		return *new(T), failed
	}
	return v, err
}

// passOnly is pass for a call whose only result is an error.
func passOnly(ctx context.Context, d *daemon, s site, call func() error) error {
	if err := d.faulted(ctx, s, false); err != nil {
		return err
	}
	err := call()
	if failed := d.faulted(ctx, s, true); failed != nil {
		return failed
	}
	return err
}

// kvGate passes the calls of a daemon to its database.
type kvGate struct{ d *daemon }

func (g kvGate) View(fn func(*memkv.Tx) error) error { return g.ViewContext(context.Background(), fn) }

func (g kvGate) ViewContext(ctx context.Context, fn func(*memkv.Tx) error) error {
	return passOnly(ctx, g.d, site{on: "kv", call: "view"}, func() error { return g.d.kv.View(fn) })
}

func (g kvGate) Update(fn func(*memkv.Tx) error) error {
	return g.UpdateContext(context.Background(), fn)
}

func (g kvGate) UpdateContext(ctx context.Context, fn func(*memkv.Tx) error) error {
	commit := site{on: "kv", call: "commit"}
	if err := g.d.faulted(ctx, site{on: "kv", call: "update"}, false); err != nil {
		return err
	}
	err := g.d.kv.Update(func(tx *memkv.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return g.d.faulted(ctx, commit, false)
	})
	if err != nil {
		return err
	}
	return g.d.faulted(ctx, commit, true)
}
