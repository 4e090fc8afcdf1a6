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

// A call is one step of a history. It is a value: it can be run on any node, as
// often as one likes.
type call struct {
	Sleep time.Duration // before the call
	setting
	Op op
}

// A setting is what surrounds a call.
type setting struct {
	Namespace string // "" for none
	Lease     string // "" for none
	Epoch     int64  // source date, in seconds; 0 for none
	Cancelled bool   // the context
	Outside   bool   // a reading call that keeps out of an open transaction
	Fault     trouble
}

// An op is what a call does. It is made of plain data, so that it can be
// printed and cloned.
type op interface {
	run(ctx context.Context, n *node) (any, error)
}

// A lonely op cannot run while a writing transaction is open, since it would
// wait for its end.
type lonely interface{ alone() }

// A reading op opens no writing transaction of its own.
type reading interface{ reads() }

func (c call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "+%-6s %T%s", c.Sleep, c.Op, render(c.Op))
	for _, note := range []struct {
		text string
		said bool
	}{
		{"ns=" + c.Namespace, c.Namespace != firstNamespace},
		{"lease=" + c.Lease, c.Lease != ""},
		{fmt.Sprintf("epoch=%d", c.Epoch), c.Epoch != 0},
		{"cancelled", c.Cancelled},
		{"outside", c.Outside},
		{"fault=" + render(c.Fault), c.Fault.Method != ""},
	} {
		if note.said {
			b.WriteString(" " + note.text)
		}
	}
	return abbreviate(strings.ReplaceAll(b.String(), "parity.", ""))
}

// An outcome is all that a caller can see of a call, written down.
type outcome struct {
	Skipped bool // the call could not run in the state the node is in
	Value   string
	Class   string // of the error
	Panic   string // what the call panicked with; texts are not compared
	Args    string // the arguments after the call
	Streams map[string][]string

	err error // for the reader of a failure
}

// runOn runs the call on a node.
func (c call) runOn(n *node) (out outcome) {
	writing := n.tx != nil && n.tx.writable()
	if _, alone := c.Op.(lonely); alone && writing {
		return outcome{Skipped: true}
	}
	ctx := c.context(n)
	args := clone(c.Op)
	n.fault.arm(c.Fault)
	defer n.fault.arm(trouble{})
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

// context returns the context of the call. It lives on after the call, since a
// writer keeps it.
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
		_, reads := c.Op.(reading)
		if !c.Outside || !reads && n.tx.writable() {
			ctx = n.tx.within(ctx)
		}
	}
	return ctx
}
