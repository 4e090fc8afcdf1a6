//go:build !wasm

package services

import (
	"context"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/introspection"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
)

// Platform is the platform of a node, on every host.
var Platform = ocispec.Platform{OS: "linux", Architecture: "amd64"}

// A Table has the services of one node. They are safe for concurrent use, and outlive a restart of the daemon.
type Table struct {
	node *node

	Images        images.Store
	Containers    containers.Store
	Content       content.Store
	Leases        leases.Manager
	Namespaces    NamespaceStore
	Sandboxes     sandbox.Store
	Snapshotters  map[string]snapshots.Snapshotter // by name
	Events        EventService
	Differ        Differ
	Introspection introspection.Service
}

// A NamespaceStore also updates several labels at once.
type NamespaceStore interface {
	namespaces.Store
	Update(ctx context.Context, name string, labels map[string]string, keys []string) error
}

// An EventService publishes, forwards and subscribes to events.
type EventService interface {
	events.Publisher
	events.Forwarder
	events.Subscriber
}

// A Differ applies layers to snapshots, and compares snapshots.
type Differ interface {
	diff.Comparer
	diff.Applier
}

// New returns the services of a node.
func New(e *engine.Engine) *Table {
	n := &node{Engine: e}
	t := &Table{
		node:          n,
		Images:        imageStore{n},
		Containers:    containerStore{n},
		Content:       contentStore{n},
		Leases:        leaseManager{n},
		Namespaces:    namespaceStore{n},
		Sandboxes:     sandboxStore{n},
		Snapshotters:  map[string]snapshots.Snapshotter{},
		Events:        eventService{n},
		Differ:        differ{n},
		Introspection: introspector{n},
	}
	for _, name := range n.snapshotters() {
		t.Snapshotters[name] = snapshotter{n, name}
	}
	return t
}

// Record makes further calls through a recorder of the node, or directly if r is nil.
func (t *Table) Record(r *engine.Recorder) { t.node.recorder.Store(r) }

// SetDefaultNamespace sets the namespace of calls whose context has none; "" is no default. Call it before any service.
func (t *Table) SetDefaultNamespace(name string) { t.node.namespace = name }
