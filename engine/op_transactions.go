package engine

import (
	"fmt"

	"github.com/containerd/errdefs"
)

// TxBegin begins a transaction, in which Ops take part that name it in their
// header. Until it ends, a writing one keeps others that write from being applied.
type TxBegin struct {
	Name     string
	Writable bool
}

var transactionRows = []row{
	reads("tx.begin", func(c *call, a TxBegin) (any, error) {
		open := &c.daemon.open
		if a.Name == "" {
			return nil, invalid("a transaction must have a name")
		}
		if err := open.transactions.free("transaction", a.Name); err != nil {
			return nil, err
		}
		if other, busy := open.writing(); busy && a.Writable && c.node.options.scheduler == nil {
			return nil, fmt.Errorf("transaction %q: %q is open and writes too: %w", a.Name, other, errdefs.ErrFailedPrecondition)
		}
		t, err := begin(c.daemon.db, a.Writable)
		if err != nil {
			return nil, err
		}
		if c.daemon.dead.Load() { // while it waited for others
			t.abandon()
			return nil, ErrDown
		}
		open.transactions.put(a.Name, t)
		return nil, nil
	}),
	reads("tx.commit", func(c *call, a Named) (any, error) { return nil, endTransaction(c, a.Name, true) }),
	reads("tx.rollback", func(c *call, a Named) (any, error) { return nil, endTransaction(c, a.Name, false) }),
}

func endTransaction(c *call, name string, commit bool) error {
	t, err := c.daemon.open.transactions.get("transaction", name)
	if err != nil {
		return err
	}
	if t.using > 0 {
		return fmt.Errorf("transaction %q: a call that takes part in it has not ended: %w", name, errdefs.ErrFailedPrecondition)
	}
	c.daemon.open.transactions.remove(name)
	return t.end(commit)
}
