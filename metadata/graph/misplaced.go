package graph

import (
	"fmt"
	"strings"

	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// misplaced scans a snapshot of a snapshotter with a "/" in its name. A collection splits the key SNAPSHOTTER/KEY of a
// node at the first "/", so it never finds the record of this snapshot again. It does not follow the snapshot's parent
// and references. If the snapshot is garbage, the collection tries to remove it from the snapshotter with the shorter
// name. If this snapshotter exists, the whole collection fails. Otherwise the snapshot stays.
func (s *scan) misplaced(ns memkv.Frozen, o object) {
	s.odd = true
	short, _, _ := strings.Cut(o.scope, "/")
	if _, ok := ns.BucketAt(schema.KeySnapshots, short); ok {
		s.lost = append(s.lost, o.id)
	}
	s.labels(s.obeyed&^rules.Reference, o)
}

// checkLost returns the error of a collection that would remove a misplaced snapshot.
func (s *scan) checkLost(g *gc.Graph, m *gc.Marks) error {
	for _, id := range s.lost {
		if !m.Reached(id) {
			return fmt.Errorf("%s: a collection looks for it in vain, since its snapshotter's name has a \"/\": %w",
				schema.NodeName(g.Node(id)), errbolt.ErrBucketNotFound)
		}
	}
	return nil
}

// unmigratedSandboxes adds the sandboxes that containerd 1.7 stores outside the bucket "v1". Collections do not read
// them.
func (s *scan) unmigratedSandboxes() {
	for name, ns := range buckets(s.db) {
		if name == schema.KeyVersion1 {
			continue
		}
		s.namespace = name
		sandboxes, _ := ns.Bucket(schema.KeySandboxes)
		for name, record := range buckets(sandboxes) {
			labels, _ := record.Bucket(schema.KeyLabels)
			o := object{id: s.intern(rules.ResourceSandbox, "", name), name: name, record: record, labels: labels}
			s.Define(o.id, 0)
			s.Root(o.id, gc.Reason{Rule: RuleRoot})
			if s.Explain {
				s.nearMisses(o)
			}
		}
	}
}
