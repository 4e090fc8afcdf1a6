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

	"github.com/holdfast-gc/holdfast/engine"
)

// Stores are what calls are made to.
type Stores struct {
	Images       images.Store
	Containers   containers.Store
	Sandboxes    sandbox.Store
	Leases       leases.Manager
	Content      content.Store
	Snapshotters map[string]snapshots.Snapshotter

	// Namespaces calls fn with a store of namespaces, in the transaction of the context or in one of its own.
	Namespaces func(ctx context.Context, fn func(namespaces.Store) error) error

	// Collect collects garbage.
	Collect func(ctx context.Context) error

	// Begin begins a writing transaction. Within returns a context in which calls take part in it, and End ends it.
	Begin func() (Transaction, error)

	// More are Ops of other kinds, by name: those of the clock, crashes, events. They come before the rest.
	More map[string]func(op engine.Op) (any, error)
}

// A Transaction is one of a caller's own.
type Transaction interface {
	Within(ctx context.Context) context.Context
	Commit() error
	Rollback() error
}

// A Node is Stores to which Ops are applied. It is for one goroutine.
type Node struct {
	Stores
	writers      map[string]content.Writer
	transactions map[string]Transaction
}

// New returns a node.
func New(s Stores) *Node {
	return &Node{Stores: s, writers: map[string]content.Writer{}, transactions: map[string]Transaction{}}
}

// Apply makes the call that an Op stands for. One of a kind that it doesn't know, or to a store that there is not, comes to
// "not_implemented".
func (n *Node) Apply(op engine.Op) engine.Result {
	value, err := n.apply(op)
	r := engine.Result{Code: engine.CodeOf(err), Value: value}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

func (n *Node) apply(op engine.Op) (any, error) {
	if fn, ok := n.More[op.Name]; ok {
		return fn(op)
	}
	r, ok := rows[op.Name]
	if !ok {
		return nil, unknown(op.Name)
	}
	ctx, cancel, err := n.context(op)
	defer cancel()
	if err != nil {
		return nil, err
	}
	return r(n, ctx, op)
}

// context makes the context that an Op's header describes.
func (n *Node) context(op engine.Op) (context.Context, context.CancelFunc, error) {
	ctx, cancel := context.WithCancel(log.WithLogger(context.Background(), silent))
	if op.Canceled {
		cancel()
	}
	if op.NS != "" {
		ctx = namespaces.WithNamespace(ctx, op.NS)
	}
	if op.Lease != nil {
		ctx = leases.WithLease(ctx, *op.Lease)
	}
	if op.Epoch != nil {
		ctx = epoch.WithSourceDateEpoch(ctx, op.Epoch)
	}
	switch t := n.transactions[op.Tx]; {
	case op.Fork != "" || op.Call != "" || op.Timeout != 0:
		return ctx, cancel, fmt.Errorf("op %q: no forks, names of calls and timeouts: %w", op.Name, errdefs.ErrNotImplemented)
	case t != nil:
		ctx = t.Within(ctx)
	case op.Tx != "":
		return ctx, cancel, fmt.Errorf("transaction %q: %w", op.Tx, errdefs.ErrNotFound)
	case len(n.transactions) > 0 && op.Name != "tx.commit" && op.Name != "tx.rollback":
		return ctx, cancel, fmt.Errorf("a transaction is open: end it first, or take part in it: %w", errdefs.ErrFailedPrecondition)
	}
	return ctx, cancel, nil
}

// Drop lets go of all that Ops opened, as the death of a daemon does.
func (n *Node) Drop() {
	for name, w := range n.writers {
		_ = w.Close()
		delete(n.writers, name)
	}
	for name, t := range n.transactions {
		_ = t.Rollback()
		delete(n.transactions, name)
	}
}

func unknown(name string) error {
	return fmt.Errorf("op %q: %w", name, errdefs.ErrNotImplemented)
}

// silent drops what stores log: an Op's result says what matters.
var silent = func() *log.Entry {
	l := logrus.New()
	l.SetLevel(logrus.PanicLevel)
	return logrus.NewEntry(l)
}()
