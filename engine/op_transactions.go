package engine

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
)

func transactionOps() map[op.Name]implementation {
	return map[op.Name]implementation{
		op.TxBegin: implement(func(c *call, a op.TxBeginArgs) (any, error) {
			open := &c.daemon.open
			if a.Name == "" {
				return nil, invalid("a transaction must have a name")
			}
			if err := open.transactions.Free("transaction", a.Name); err != nil {
				return nil, err
			}
			if other, busy := open.writing(); busy && a.Writable && c.node.options.scheduler == nil {
				return nil, fmt.Errorf("transaction %q: %q is open and writes too: %w", a.Name, other, errdefs.ErrFailedPrecondition)
			}
			t, err := begin(c.ctx, c.daemon.db, a.Writable)
			if err != nil {
				return nil, err
			}
			if c.daemon.dead.Load() { // it died while the Op waited
				t.abandon()
				return nil, ErrDown
			}
			open.transactions.Put(a.Name, t)
			return nil, nil
		}),
		op.TxCommit:   implement(func(c *call, a op.Named) (any, error) { return nil, endTransaction(c, a.Name, true) }),
		op.TxRollback: implement(func(c *call, a op.Named) (any, error) { return nil, endTransaction(c, a.Name, false) }),
	}
}

func endTransaction(c *call, name string, commit bool) error {
	t, err := c.daemon.open.transactions.Get("transaction", name)
	if err != nil {
		return err
	}
	if t.using > 0 {
		return fmt.Errorf("transaction %q: a call that takes part in it has not ended: %w", name, errdefs.ErrFailedPrecondition)
	}
	c.daemon.open.transactions.Remove(name)
	return t.end(c.ctx, commit)
}
