package parity

import (
	"context"

	"github.com/containerd/containerd/v2/pkg/namespaces"
)

type (
	namespaceCreate struct {
		Name   string
		Labels map[string]string
	}
	namespaceLabels   struct{ Name string }
	namespaceSetLabel struct{ Name, Key, Value string }
	namespaceList     struct{}
	namespaceDelete   struct {
		Name string
		Fail bool // pass an option that fails
	}
)

// inTransaction calls fn with the open transaction, or with one of its own.
func (n *node) inTransaction(ctx context.Context, writable bool, fn func(session) error) error {
	if n.tx != nil && (n.tx.writable() || !writable) {
		return fn(n.tx)
	}
	return n.db.run(writable, fn)
}

func (o namespaceCreate) run(ctx context.Context, n *node) (any, error) {
	return nil, n.inTransaction(ctx, true, func(s session) error {
		return s.namespaces().Create(ctx, o.Name, o.Labels)
	})
}

func (o namespaceLabels) reads() {}
func (o namespaceLabels) run(ctx context.Context, n *node) (labels any, err error) {
	err = n.inTransaction(ctx, false, func(s session) error {
		labels, err = s.namespaces().Labels(ctx, o.Name)
		return err
	})
	return labels, err
}

func (o namespaceSetLabel) run(ctx context.Context, n *node) (any, error) {
	return nil, n.inTransaction(ctx, true, func(s session) error {
		return s.namespaces().SetLabel(ctx, o.Name, o.Key, o.Value)
	})
}

func (o namespaceList) reads() {}
func (o namespaceList) run(ctx context.Context, n *node) (names any, err error) {
	err = n.inTransaction(ctx, false, func(s session) error {
		names, err = s.namespaces().List(ctx)
		return err
	})
	return names, err
}

func (o namespaceDelete) run(ctx context.Context, n *node) (any, error) {
	var opts []namespaces.DeleteOpts
	if o.Fail {
		opts = append(opts, func(context.Context, *namespaces.DeleteInfo) error { return errOption })
	}
	return nil, n.inTransaction(ctx, true, func(s session) error {
		return s.namespaces().Delete(ctx, o.Name, opts...)
	})
}

var namespaceRows = []row{
	{"namespace create", 3, one(func(g *gen) op {
		return namespaceCreate{g.namespace(), g.namespaceLabels()}
	})},
	{"namespace labels", 1, one(func(g *gen) op { return namespaceLabels{g.namespace()} })},
	{"namespace set label", 3, one(func(g *gen) op {
		key := g.namespaceLabelKey()
		return namespaceSetLabel{g.namespace(), key, g.labelValue(key)}
	})},
	{"namespace list", 1, one(func(g *gen) op { return namespaceList{} })},
	{"namespace delete", 2, one(func(g *gen) op { return namespaceDelete{g.namespace(), g.chance(0.1)} })},
}
