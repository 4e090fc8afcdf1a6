package engine

import (
	"fmt"
	"slices"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Forker is a Collector with state of its own. Each fork of a node gets its own copy.
type Forker interface {
	metadata.Collector

	// Fork returns an independent Collector in the same state.
	Fork() metadata.Collector
}

// The resource types of Collectors.
const (
	collectorMin = metadata.ResourceIngest + 1
	collectorMax = gc.ResourceMax - 1
)

// RegisterCollector makes collections ask c about resources of type t, from now on and after restarts. It fails if t is
// one of the database's own types, out of range, or taken.
func (e *Engine) RegisterCollector(t gc.ResourceType, c metadata.Collector) error {
	if t < collectorMin || t > collectorMax {
		return invalid("collector: resource type %d: must be from %d to %d", t, collectorMin, collectorMax)
	}
	e.mu.Lock()
	_, taken := e.collector(t)
	r := registered{t, c}
	if !taken {
		e.collectors = append(slices.Clip(e.collectors), r)
	}
	d := e.daemon
	e.mu.Unlock()
	if taken {
		return fmt.Errorf("collector: resource type %d: %w", t, errdefs.ErrAlreadyExists)
	}
	known := false
	defer func() {
		if !known { // the call was abandoned while it waited
			e.mu.Lock()
			defer e.mu.Unlock()
			e.collectors = slices.DeleteFunc(slices.Clone(e.collectors), func(r registered) bool { return r.resource == t })
		}
	}()
	d.db.RegisterCollectibleResource(t, collectorGate{d, r})
	known = true
	return nil
}

// collector returns the Collector of resources of type t. The caller holds the lock of the node.
func (e *Engine) collector(t gc.ResourceType) (metadata.Collector, bool) {
	for _, r := range e.collectors {
		if r.resource == t {
			return r.collector, true
		}
	}
	return nil, false
}
