package metadata

import (
	"context"
	"time"

	"github.com/containerd/containerd/v2/pkg/gc"

	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// A Collector owns resources outside the database. Leases and labels in the database can hold these resources. A
// collection calls a Collector from one goroutine. [AdaptCollector] makes one of a Collector for containerd's package.
type Collector interface {
	// StartCollection begins one collection. If it fails, the collection continues without the collector, and the
	// collector's resources stay.
	StartCollection(context.Context) (CollectionContext, error)

	// ReferenceLabel returns the NAME in the label "containerd.io/gc.ref.NAME", by which a record refers to a resource
	// of the collector. It returns "" if there is no such label.
	ReferenceLabel() string
}

// A CollectionContext is the state of a [Collector] in one collection. All methods but Finish run while writers are
// locked out, and should be quick.
//
// A context can also implement [BackReferrer] and [ForwardReferrer].
type CollectionContext interface {
	// All calls fn with every resource of the collector.
	All(fn func(gc.Node))

	// Active calls fn with the resources of a namespace that are roots. Leased resources need not be among them.
	Active(namespace string, fn func(gc.Node))

	// Leased calls fn with the resources that the lease holds.
	Leased(namespace, lease string, fn func(gc.Node))

	// Remove marks a resource as garbage.
	Remove(gc.Node)

	// Cancel ends a failed collection.
	Cancel() error

	// Finish ends a successful collection. The collector deletes the removed resources here.
	Finish() error
}

// A BackReferrer is a [CollectionContext] with back references. A collection calls ActiveWithBackRefs instead of
// Active.
type BackReferrer interface {
	// ActiveWithBackRefs calls fn with the resources of a namespace that are roots. It calls bref(from, to) for each
	// resource "to" that the object "from" keeps.
	ActiveWithBackRefs(namespace string, fn func(gc.Node), bref func(from, to gc.Node))
}

// A ForwardReferrer is a [CollectionContext] with resources that keep other objects.
type ForwardReferrer interface {
	// References calls fn with the objects that n keeps. A collection calls it only with reachable resources.
	References(ctx context.Context, n gc.Node, fn func(gc.Node))
}

// GCStats has the durations of a collection's phases.
//
// A database that has a snapshotter with a "/" in its name is read while collectors are asked. CollectorD then has only
// the calls of StartCollection and Remove.
type GCStats struct {
	MetaD      time.Duration            // the part of marking and sweeping with writers locked out
	CollectorD time.Duration            // the part of MetaD in which collectors are asked; 0 without any
	ContentD   time.Duration            // cleaning the content backend
	SnapshotD  map[string]time.Duration // cleaning each snapshotter, by name
}

// Elapsed returns the time for which the collection locked writers out.
func (s GCStats) Elapsed() time.Duration { return s.MetaD }

// RegisterCollectibleResource registers a collector for resources of type t. Later collections include it. It panics if
// t is below 8 or not below [gc.ResourceMax], or if t has a collector already.
func (m *DB) RegisterCollectibleResource(t ResourceType, c Collector) {
	switch {
	case t < rules.ResourceEnd:
		panic("cannot register a collector for the database's own resources")
	case t >= gc.ResourceMax:
		panic("resource type is above the maximum")
	}
	m.wlock.Lock()
	defer m.wlock.Unlock()
	if _, taken := m.collectors[t]; taken {
		panic("resource type has a collector already")
	}
	if m.collectors == nil {
		m.collectors = map[ResourceType]Collector{}
	}
	m.collectors[t] = c
}
