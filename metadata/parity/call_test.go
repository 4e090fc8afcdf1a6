package parity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/epoch"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// A call is one step of a history. It is plain data, and can run on any node any number of times.
type call struct {
	Sleep time.Duration // before the call
	setting
	Op op
}

// A setting is the context of a call.
type setting struct {
	Namespace string // "" for no namespace
	Lease     string // "" for no lease
	Epoch     int64  // source date epoch in seconds; 0 for no epoch
	Cancelled bool   // the context is cancelled before the call
	Outside   bool   // a reading call does not use the open transaction
	Fault     trigger
}

// An op is an operation with its arguments. It is plain data, so it can be printed and cloned.
type op interface {
	run(ctx context.Context, n *node) (any, error)
}

// An exclusiveOp cannot run while a writing transaction is open, because it would wait for the end of the transaction.
type exclusiveOp interface{ exclusive() }

// A readingOp opens no writing transaction.
type readingOp interface{ reads() }

func (c call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "+%-6s %T%s", c.Sleep, c.Op, render(c.Op))
	for _, note := range []struct {
		text  string
		shown bool
	}{
		{"ns=" + c.Namespace, c.Namespace != firstNamespace},
		{"lease=" + c.Lease, c.Lease != ""},
		{fmt.Sprintf("epoch=%d", c.Epoch), c.Epoch != 0},
		{"cancelled", c.Cancelled},
		{"outside", c.Outside},
		{"fault=" + render(c.Fault), c.Fault.Method != ""},
	} {
		if note.shown {
			b.WriteString(" " + note.text)
		}
	}
	return abbreviate(strings.ReplaceAll(b.String(), "parity.", ""))
}

// An outcome is the observable result of a call, formatted for comparison.
type outcome struct {
	Skipped bool                // the call could not run because a transaction is open
	Value   string              // the results
	Class   string              // of the error
	Panic   string              // the panic; only its presence is compared
	Args    string              // the arguments after the call
	Streams map[string][]string // the entries of the journal

	err error // not compared; shown in reports
}

// runOn runs the call on a node.
func (c call) runOn(n *node) (out outcome) {
	writing := n.tx != nil && n.tx.writable()
	if _, exclusive := c.Op.(exclusiveOp); exclusive && writing {
		return outcome{Skipped: true}
	}
	ctx := c.context(n)
	args := clone(c.Op)
	n.fault.arm(c.Fault)
	defer n.fault.arm(trigger{})
	defer func() {
		if p := recover(); p != nil {
			out.Panic = fmt.Sprint(p)
		}
		out.Args = render(args)
		out.Streams = n.journal.take()
	}()
	value, err := args.run(ctx, n)
	out.Class, out.err = classOf(err), err
	out.Value = render(value)
	return out
}

// context returns the context of the call. Writers keep the context, so it is valid after the call.
func (c call) context(n *node) context.Context {
	ctx := context.Background()
	if c.Cancelled {
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		ctx = cancelled
	}
	if c.Namespace != "" {
		ctx = namespaces.WithNamespace(ctx, c.Namespace)
	}
	if c.Lease != "" {
		ctx = leases.WithLease(ctx, c.Lease)
	}
	if c.Epoch != 0 {
		at := time.Unix(c.Epoch, 0)
		ctx = epoch.WithSourceDateEpoch(ctx, &at)
	}
	if n.tx != nil {
		_, reads := c.Op.(readingOp)
		if !c.Outside || !reads && n.tx.writable() {
			ctx = n.tx.context(ctx)
		}
	}
	return ctx
}
