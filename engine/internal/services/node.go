//go:build !wasm

package services

import (
	"context"
	"maps"
	"slices"

	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
)

// A node is an engine with a default namespace. Each call gets the store again, because a restart of the daemon
// replaces the stores.
type node struct {
	*engine.Engine
	namespace string // of contexts without one; "" if there is no default
}

// in returns ctx with the default namespace, if ctx has no namespace.
func (n *node) in(ctx context.Context) context.Context {
	if n.namespace == "" {
		return ctx
	}
	if _, ok := namespaces.Namespace(ctx); ok {
		return ctx
	}
	return namespaces.WithNamespace(ctx, n.namespace)
}

// snapshotters returns the names of the snapshotters, sorted.
func (n *node) snapshotters() []string {
	return slices.Sorted(maps.Keys(n.DB().Snapshotters()))
}

// publish publishes an event that the stores do not publish. It does nothing inside a transaction of the caller, which
// may be rolled back.
func (n *node) publish(ctx context.Context, topic string, event any) error {
	if p := n.DB().Publisher(ctx); p != nil {
		return p.Publish(ctx, topic, event)
	}
	return nil
}

// collect triggers the schedule and waits for its collection. Without a schedule that collects, it runs a collection.
func (n *node) collect(ctx context.Context) error {
	n.Trigger()
	_, ran, err := n.RunDue(ctx)
	if !ran && err == nil {
		_, err = n.Collect(ctx)
	}
	return err
}
