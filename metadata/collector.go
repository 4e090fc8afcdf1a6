package metadata

import (
	"context"
	"time"

	"github.com/containerd/containerd/v2/pkg/gc"
)

// ResourceType says of what kind a node of the reference graph is.
type ResourceType = gc.ResourceType

// The kinds of resources. The values are containerd's, since collectors of
// other modules are compiled against them.
const (
	ResourceUnknown   ResourceType = 0
	ResourceContent   ResourceType = 1
	ResourceSnapshot  ResourceType = 2
	ResourceContainer ResourceType = 3
	ResourceTask      ResourceType = 4
	ResourceImage     ResourceType = 5
	ResourceLease     ResourceType = 6
	ResourceIngest    ResourceType = 7

	// resourceEnd is where the kinds that others may register begin.
	resourceEnd ResourceType = 8

	ResourceStream ResourceType = 9
	ResourceMount  ResourceType = 10
)

// A Collector owns resources outside the database that leases and labels in it
// can hold. It is asked once per collection.
type Collector interface {
	// StartCollection begins one collection. If it fails, the collection goes
	// on without this collector's resources.
	StartCollection(context.Context) (CollectionContext, error)

	// ReferenceLabel is the NAME in the label "containerd.io/gc.ref.NAME" by
	// which a record refers to such a resource.
	ReferenceLabel() string
}

// A CollectionContext is one Collector's part in one collection. Everything but
// Finish is called while no writer can run and so should be quick.
//
// It may also have a method ActiveWithBackRefs(namespace string, fn, bref
// func(gc.Node)): see the collection.
type CollectionContext interface {
	// All calls the function with every resource there is.
	All(func(gc.Node))

	// Active calls fn with those resources of a namespace that are roots by
	// themselves, other than by a lease.
	Active(namespace string, fn func(gc.Node))

	// Leased calls fn with those resources that the lease holds.
	Leased(namespace, lease string, fn func(gc.Node))

	// Remove says that a resource is garbage.
	Remove(gc.Node)

	// Cancel ends a collection that failed.
	Cancel() error

	// Finish ends a collection that succeeded, and is where to do the work.
	Finish() error
}

// GCStats says how long the phases of a collection took.
type GCStats struct {
	MetaD     time.Duration            // with writers locked out
	ContentD  time.Duration            // cleaning the content backend
	SnapshotD map[string]time.Duration // cleaning each snapshotter
}

// Elapsed returns the time for which the collection locked writers out.
func (s GCStats) Elapsed() time.Duration { return s.MetaD }

// RegisterCollectibleResource has collections ask c about resources of kind t.
// It panics if t is one of the database's own kinds, above what a node can
// carry, or taken.
func (m *DB) RegisterCollectibleResource(t ResourceType, c Collector) {
	switch {
	case t < resourceEnd:
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
