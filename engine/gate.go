package engine

import "context"

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
