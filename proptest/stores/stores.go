package stores

import (
	"context"
	"fmt"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	"github.com/containerd/log"
	"github.com/sirupsen/logrus"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// Stores are the implementations that a [Node] calls. A nil field is an absent store: calls to it return
// [op.NotImplemented]. Calls to an absent snapshotter return [op.NotFound].
type Stores struct {
	Images       images.Store
	Containers   containers.Store
	Sandboxes    sandbox.Store
	Leases       leases.Manager
	Content      content.Store
	Snapshotters map[string]snapshots.Snapshotter // by name

	// Namespaces calls fn with a store of namespaces: inside the transaction of ctx, or in a transaction of its own.
	Namespaces func(ctx context.Context, fn func(namespaces.Store) error) error

	// Collect collects garbage.
	Collect func(ctx context.Context) error

	// Begin begins a writing transaction.
	Begin func() (Transaction, error)

	// More are further Ops, for example those of the clock, crashes and events. They take precedence over the stores.
	More map[op.Name]func(o op.Op) (any, error)
}

// A Transaction is an open writing transaction of the implementation.
type Transaction interface {
	// Within returns a context in which calls run inside the transaction.
	Within(ctx context.Context) context.Context
	Commit() error
	Rollback() error
}

// A Node applies Ops to [Stores]. It is for one goroutine.
type Node struct {
	Stores
	open         op.Open
	transactions op.Handles[Transaction]
}

// New returns a node without open writers, readers and transactions.
func New(s Stores) *Node { return &Node{Stores: s} }

// Apply makes the call of an Op and returns its result. The code is [op.NotImplemented] if the Op is unknown, or if the
// node doesn't have its store.
func (n *Node) Apply(o op.Op) op.Result { return op.NewResult(n.apply(o)) }

func (n *Node) apply(o op.Op) (any, error) {
	if fn, ok := n.More[o.Name]; ok {
		return fn(o)
	}
	row, ok := op.RowOf(o.Name)
	if !ok {
		return nil, notImplemented(o.Name)
	}
	ctx, cancel, err := n.context(o)
	defer cancel()
	if err != nil {
		return nil, err
	}
	switch o.Name {
	case op.Collect:
		return nil, n.collect(ctx)
	case op.TxBegin:
		return nil, n.begin(o)
	case op.TxCommit:
		return nil, n.end(o, Transaction.Commit)
	case op.TxRollback:
		return nil, n.end(o, Transaction.Rollback)
	}
	return row.Call(ctx, op.Target{Stores: target{n.Stores}, Open: &n.open}, o.Args)
}

// collect calls Collect with a context that doesn't end: containerd's collection leaks a goroutine if it does.
func (n *Node) collect(ctx context.Context) error {
	if n.Collect == nil {
		return notImplemented(op.Collect)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return n.Collect(context.WithoutCancel(ctx))
}

func (n *Node) begin(o op.Op) error {
	a, err := op.ArgsAs[op.TxBeginArgs](o.Name, o.Args)
	switch {
	case err != nil:
		return err
	case n.Begin == nil || !a.Writable:
		return notImplemented(o.Name)
	case len(n.transactions.All) > 0:
		return fmt.Errorf("transaction %q: another is open: %w", a.Name, errdefs.ErrFailedPrecondition)
	}
	t, err := n.Begin()
	if err == nil {
		n.transactions.Put(a.Name, t)
	}
	return err
}

func (n *Node) end(o op.Op, end func(Transaction) error) error {
	a, err := op.ArgsAs[op.Named](o.Name, o.Args)
	if err != nil {
		return err
	}
	t, err := n.transactions.Get("transaction", a.Name)
	if err != nil {
		return err
	}
	n.transactions.Remove(a.Name)
	return end(t)
}

// context returns the context that an Op's header describes.
func (n *Node) context(o op.Op) (context.Context, context.CancelFunc, error) {
	ctx, cancel := context.WithCancel(log.WithLogger(context.Background(), silent))
	if o.Canceled {
		cancel()
	}
	if o.NS != "" {
		ctx = namespaces.WithNamespace(ctx, o.NS)
	}
	if o.Lease != nil {
		ctx = leases.WithLease(ctx, *o.Lease)
	}
	if o.Epoch != nil {
		ctx = epoch.WithSourceDateEpoch(ctx, o.Epoch)
	}
	switch {
	case o.Fork != "" || o.Call != "" || o.Timeout != 0:
		return ctx, cancel, fmt.Errorf("op %q: forks, named calls and timeouts: %w", o.Name, errdefs.ErrNotImplemented)
	case o.Tx != "":
		t, err := n.transactions.Get("transaction", o.Tx)
		if err != nil {
			return ctx, cancel, err
		}
		ctx = t.Within(ctx)
	case len(n.transactions.All) > 0 && o.Name != op.TxCommit && o.Name != op.TxRollback:
		return ctx, cancel, fmt.Errorf("a transaction is open: end it first, or name it in tx: %w", errdefs.ErrFailedPrecondition)
	}
	return ctx, cancel, nil
}

// Drop closes all writers and readers and rolls back the open transaction, as the death of a daemon does.
func (n *Node) Drop() {
	n.open.Close()
	for _, t := range n.transactions.All {
		_ = t.Rollback()
	}
	n.transactions = op.Handles[Transaction]{}
}

func notImplemented(name op.Name) error {
	return fmt.Errorf("op %q: %w", name, errdefs.ErrNotImplemented)
}

// silent is a logger that drops everything: the result of an Op has the error.
var silent = func() *log.Entry {
	l := logrus.New()
	l.SetLevel(logrus.PanicLevel)
	return logrus.NewEntry(l)
}()
