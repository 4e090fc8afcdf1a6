package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata"
)

// Apply makes the call of an Op. It never panics and never waits forever. If the call would have to wait for an effect
// of a later Op, the result is an error of class FailedPrecondition or Canceled. Two kinds of nodes do wait: on a node
// made [WithTurns], an Op with a name for its call stays pending, with the code Pending; on a node made
// [WithScheduler], the scheduler parks the call.
//
// The names that Ops choose for writers, readers, transactions and forks belong to this node and its daemon. One
// goroutine at a time may call Apply.
func (e *Engine) Apply(ctx context.Context, o Op) Result {
	v, err := e.apply(ctx, o)
	if err == errPending {
		return Result{Code: op.Pending}
	}
	return op.NewResult(v, err)
}

func (e *Engine) apply(ctx context.Context, o Op) (any, error) {
	row, ok := op.RowOf(o.Name)
	if !ok {
		return nil, invalid("no op %q", o.Name)
	}
	on, err := e.fork(o.Fork)
	if err != nil {
		return nil, err
	}
	c := &call{node: on, root: e, daemon: on.current(), header: o.Header, row: row, args: o.Args}
	if c.daemon.dead.Load() && !row.Offline {
		return nil, ErrDown
	}
	byTurns := on.turns != nil && !row.Instant
	if byTurns {
		if err := on.turns.free(o.Call); err != nil {
			return nil, err
		}
	}
	cancel, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	if !byTurns {
		defer cancel()
		return c.run()
	}
	return on.turns.take(o.Call, cancel, c.run)
}

func (c *call) run() (any, error) {
	defer c.leave()
	if c.row.CallsStore() {
		return c.row.Call(c.ctx, op.Target{Stores: c.node, Open: &c.daemon.open.Open}, c.args)
	}
	return implementations[c.row.Name](c, c.args)
}

// leave releases the parts of a call that other calls may end, too.
func (c *call) leave() {
	if c.transaction != nil {
		c.transaction.release()
	}
	if c.daemon.dead.Load() {
		c.daemon.open.drop()
	}
}

// fork returns the fork of a name, or e itself for "".
func (e *Engine) fork(name string) (*Engine, error) {
	if name == "" {
		return e, nil
	}
	if f, ok := e.forks[name]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("fork %q: %w", name, errdefs.ErrNotFound)
}

// A call is an Op during [Engine.Apply].
type call struct {
	ctx    context.Context
	node   *Engine // the node that the Op acts on
	root   *Engine // the node that Apply was called on
	daemon *daemon // the node's daemon when the call began
	header Header
	row    op.Row
	args   any

	transaction *transaction // the transaction that the call joins
}

// enter builds the context that the header describes.
func (c *call) enter(ctx context.Context) (cancel func(), err error) {
	h := c.header
	cancel = func() {}
	if h.Timeout < 0 {
		return cancel, invalid("a timeout can't be negative")
	}
	in := scope{namespace: h.NS}
	if h.Lease != nil {
		in.leased, in.lease = true, *h.Lease
	}
	ctx = c.root.scopes.context(ctx, in)
	if h.Epoch != nil {
		ctx = epoch.WithSourceDateEpoch(ctx, h.Epoch)
	}
	writer, busy := c.daemon.open.writing()
	if busy && c.row.Access != op.Read && (h.Tx == "" || c.row.Access == op.Exclusive) && c.node.options.scheduler == nil {
		return cancel, waitError(fmt.Sprintf("transaction %q is open: end it first, or take part in it with tx", writer))
	}
	if h.Tx != "" {
		t, err := c.daemon.open.transactions.Get("transaction", h.Tx)
		if err != nil {
			return cancel, err
		}
		c.transaction = t
		t.using++
		ctx = metadata.WithTransactionContext(ctx, t.tx)
	}
	ctx, cancel = c.node.withTimeout(ctx, h.Timeout)
	if h.Canceled {
		cancel()
	}
	c.ctx = ctx
	return cancel, nil
}

// withTimeout returns a context that can be canceled. Unless d is 0, it ends after d in virtual time.
func (e *Engine) withTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return e.clock.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}

type applyingKey struct{}

// applying reports whether a context belongs to an Op. Nothing can end it while the Op is applied.
func applying(ctx context.Context) bool { return ctx.Value(applyingKey{}) != nil }
