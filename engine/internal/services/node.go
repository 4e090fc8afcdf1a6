//go:build !wasm

package services

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A node is an engine with a default namespace, and a recorder of the calls if there is one. Each call gets the store
// again, because a restart of the daemon replaces the stores.
type node struct {
	*engine.Engine
	namespace string // of contexts without one; "" if there is no default
	recorder  atomic.Pointer[engine.Recorder]
}

// calls are the calls that change the state of an engine, with or without a recorder.
type calls interface {
	op.Stores
	Collect(context.Context) (engine.Collection, error)
	RunDue(context.Context) (engine.Collection, bool, error)
	SetUsage(ctx context.Context, snapshotter, key string, u snapshots.Usage) error
	Trigger()
}

// target returns the recorder, or the engine without one.
func (n *node) target() calls {
	if r := n.recorder.Load(); r != nil {
		return r
	}
	return n.Engine
}

func (n *node) Images() images.Store                          { return n.target().Images() }
func (n *node) Containers() containers.Store                  { return n.target().Containers() }
func (n *node) Sandboxes() sandbox.Store                      { return n.target().Sandboxes() }
func (n *node) Leases() leases.Manager                        { return n.target().Leases() }
func (n *node) Namespaces() namespaces.Store                  { return n.target().Namespaces() }
func (n *node) Content() content.Store                        { return n.target().Content() }
func (n *node) Snapshotter(name string) snapshots.Snapshotter { return n.target().Snapshotter(name) }

func (n *node) SetUsage(ctx context.Context, snapshotter, key string, u snapshots.Usage) error {
	return n.target().SetUsage(ctx, snapshotter, key, u)
}

// update calls fn with a writing transaction.
func (n *node) update(fn func(*memkv.Tx) error) error {
	if r := n.recorder.Load(); r != nil {
		return r.Update(fn)
	}
	return n.DB().Update(fn)
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
	to := n.target()
	to.Trigger()
	_, ran, err := to.RunDue(ctx)
	if !ran && err == nil {
		_, err = to.Collect(ctx)
	}
	return err
}
