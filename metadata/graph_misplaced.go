package metadata

import (
	"fmt"
	"strings"

	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// Two sorts of records lie where collections do not look for them.

// A snapshotter whose name has a "/" is one that collections see but cannot find again: the key of a node is
// SNAPSHOTTER/KEY, and it is cut at its first "/". So the parent and the references of such a snapshot are not
// followed. When it is garbage, it is looked for under the shorter name: if there is such a snapshotter, the whole
// collection fails because it has no such snapshot, or has lost it a moment ago; if not, the snapshot stays.
func (s *scan) misplaced(ns memkv.Frozen, o object) {
	short, _, _ := strings.Cut(o.scope, "/")
	if _, ok := ns.BucketAt(keySnapshots, short); ok {
		s.lost = append(s.lost, o.id)
	}
	s.labels(s.obeyed&^rules.Reference, o)
}

// checkLost returns the error with which a collection fails that would remove a misplaced snapshot.
func (s *scan) checkLost(g *gc.Graph, m *gc.Marks) error {
	for _, id := range s.lost {
		if !m.Reached(id) {
			return fmt.Errorf("%s: a collection looks for it in vain, since its snapshotter's name has a \"/\": %w",
				NodeName(g.Node(id)), errbolt.ErrBucketNotFound)
		}
	}
	return nil
}

// unmigratedSandboxes adds the sandboxes that containerd 1.7 keeps outside the schema's own bucket, where no
// collection reads them.
func (s *scan) unmigratedSandboxes() {
	for name, ns := range buckets(s.db) {
		if name == keyVersion1 {
			continue
		}
		s.namespace = name
		sandboxes, _ := ns.Bucket(keySandboxes)
		for name, record := range buckets(sandboxes) {
			labels, _ := record.Bucket(keyLabels)
			o := object{id: s.intern(rules.ResourceSandbox, "", name), name: name, record: record, labels: labels}
			s.Define(o.id, 0)
			s.Root(o.id, gc.Reason{Rule: RuleRoot})
			if s.Explain {
				s.nearMisses(o)
			}
		}
	}
}
