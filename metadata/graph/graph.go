package graph

import (
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// Build returns the reference graph of a database: all objects, the references between them, and the roots. The graph
// shares the memory of db, which is immutable.
//
// Build fails if a collection by the daemon would fail, which happens if an ingest has a malformed time of expiry.
func Build(db memkv.Frozen, o Options) (*gc.Graph, error) {
	s, b := newScan(db, o)
	if err := s.database(); err != nil {
		return nil, err
	}
	return s.finish(b), nil
}

// Options configure the reading of a database.
type Options struct {
	Version rules.Version // the version whose rules apply; 0: rules.Newest
	Now     time.Time     // the time at which expiry is decided
	Explain bool          // record reasons and near misses, for explanations
	Weigh   bool          // record the sizes of blobs, and the sizes of snapshots from Usage
	// Usage returns the size in bytes of a snapshot's own layer, which is not in the database. It may be nil.
	Usage func(namespace, snapshotter, key string) int64
	// Collectors are resources outside the database. It may be nil.
	Collectors *Collectors
}

// The values of [gc.Reason].Rule in a graph.
const (
	RuleLabel     = "label"     // a label: of the holder, or, for a back reference, of the object that it holds
	RuleField     = "field"     // a field of the record: target, parent, snapshotKey, expected
	RuleResource  = "resource"  // a lease's list of resources
	RuleCondition = "condition" // a conditional label with a satisfied condition
	RuleRoot      = "root"      // a root; the detail is the time of expiry, if there is one
	RuleCollector = "collector" // one of the Collectors
	RuleExpired   = "expired"   // near miss: the object expired at the time in the detail
	RuleIgnored   = "ignored"   // near miss: the label in the detail has no effect
	RuleFlat      = "flat"      // near miss: a flat lease does not follow the label in the detail
	RuleUnmet     = "unmet"     // near miss: the condition in the detail is not satisfied
)
