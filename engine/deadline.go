package engine

import (
	"context"
	"slices"
	"sync"
	"time"
)

// WithTimeout returns a context that ends when the clock has advanced by d, or at cancel. As with package context,
// cancel must be called.
//
// The context notices the end of its parent only in Err, not in the channel of Done. Calls of a node use Err.
func (c *Clock) WithTimeout(parent context.Context, d time.Duration) (ctx context.Context, cancel context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &deadline{Context: parent, at: c.now.Add(d), done: make(chan struct{})}
	if d <= 0 {
		t.end(context.DeadlineExceeded)
		return t, func() {}
	}
	i, _ := slices.BinarySearchFunc(c.deadlines, t.at, func(t *deadline, at time.Time) int { return t.at.Compare(at) })
	c.deadlines = slices.Insert(c.deadlines, i, t)
	return t, func() { c.cancel(t) }
}

func (c *Clock) cancel(t *deadline) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.end(context.Canceled)
	c.deadlines = slices.DeleteFunc(c.deadlines, func(other *deadline) bool { return other == t })
}

// A deadline is a context that ends at a time of a Clock.
type deadline struct {
	context.Context
	at   time.Time
	done chan struct{}

	mu  sync.Mutex // never held during a call of other code
	err error
}

// end ends the context, unless it has ended.
func (t *deadline) end(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
		close(t.done)
	}
}

// Deadline returns the virtual time at which the context ends.
func (t *deadline) Deadline() (time.Time, bool) { return t.at, true }

// Done returns a channel that is closed at the deadline.
func (t *deadline) Done() <-chan struct{} { return t.done }

// Err returns the error of the context or of its parent, nil while neither has ended.
func (t *deadline) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return t.err
	}
	return t.Context.Err()
}

// Value returns the deadline itself for its key.
func (t *deadline) Value(key any) any {
	if key == (deadlineKey{}) {
		return t
	}
	return t.Context.Value(key)
}

type deadlineKey struct{}

// isVirtual reports whether the context's deadline is a time of a Clock.
func isVirtual(ctx context.Context) bool { return ctx.Value(deadlineKey{}) != nil }
