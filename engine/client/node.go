//go:build !wasm

package client

import (
	"context"
	"maps"
	"slices"

	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
)

// A node is an engine as a client sees it. The stores are asked for anew for every
// call, because those of an engine die with its daemon.
type node struct {
	*engine.Engine
	namespace string // of contexts without one; "" for none
}

// in returns ctx in a namespace, if it has none and there is a default.
func (n *node) in(ctx context.Context) context.Context {
	if n.namespace == "" {
		return ctx
	}
	if _, ok := namespaces.Namespace(ctx); ok {
		return ctx
	}
	return namespaces.WithNamespace(ctx, n.namespace)
}

// snapshotters returns their names, sorted.
func (n *node) snapshotters() []string {
	return slices.Sorted(maps.Keys(n.DB().Snapshotters()))
}

// publish tells the node's events what a daemon adds to the events of its stores.
// In a transaction of the caller's, which may yet be rolled back, it does nothing.
func (n *node) publish(ctx context.Context, topic string, event any) error {
	if p := n.DB().Publisher(ctx); p != nil {
		return p.Publish(ctx, topic, event)
	}
	return nil
}

// collect has the schedule collect, or collects if there is none that would.
func (n *node) collect(ctx context.Context) error {
	n.Trigger()
	_, ran, err := n.RunDue(ctx)
	if !ran && err == nil {
		_, err = n.Collect(ctx)
	}
	return err
}
