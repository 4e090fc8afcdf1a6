package metadata

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// Plan returns what a collection of the database would remove, without removing it. A what-if changes the database
// in thought: the objects that it deletes are gone first.
//
// It fails where the daemon's own collection would fail, and then remove nothing.
func Plan(db memkv.Frozen, o GraphOptions, w func(*gc.Graph) (gc.WhatIf, error)) (*gc.Plan, error) {
	s := newScan(db, o)
	if err := s.database(); err != nil {
		return nil, err
	}
	g := s.finish()
	var what gc.WhatIf
	if w != nil {
		var err error
		if what, err = w(g); err != nil {
			return nil, err
		}
	}
	p := gc.MakePlan(g, what)
	return p, s.checkLost(g, p.Marks())
}

// Collect removes what nothing keeps from the database, and returns what it removed: the same that Plan returns. It
// removes the objects' own records and nothing else, as the daemon does: entries of other records that name them
// stay, and so do buckets that are empty then. The caller commits, or rolls back, tx.
func Collect(tx *memkv.Tx, o GraphOptions) (*gc.Plan, error) {
	p, err := Plan(tx.Freeze(), o, nil)
	if err != nil {
		return nil, err
	}
	return p, sweep(tx, p)
}

// sweep removes the records of the planned objects. They come sorted, so that those of one bucket follow one
// another.
func sweep(tx *memkv.Tx, p *gc.Plan) error {
	var (
		g       = p.Marks().Graph()
		last    gc.Node
		scope   string
		records *memkv.Bucket
	)
	for _, id := range p.Removed {
		n := g.Node(id)
		if n.Type >= rules.ResourceEnd {
			continue // a collector's
		}
		key, at := n.Key, ""
		if n.Type == ResourceSnapshot {
			at, key, _ = strings.Cut(n.Key, "/")
		}
		if records == nil || n.Type != last.Type || n.Namespace != last.Namespace || at != scope {
			last, scope, records = n, at, recordsOf(tx, n, at)
		}
		if err := records.DeleteBucket([]byte(key)); err != nil {
			return fmt.Errorf("remove %s: %w", NodeName(n), err)
		}
	}
	return nil
}

// recordsOf returns the bucket that has the records of objects like n.
func recordsOf(tx *memkv.Tx, n gc.Node, scope string) *memkv.Bucket {
	path := []string{keyVersion1, n.Namespace}
	for i := range kinds {
		if kinds[i].resource == n.Type {
			path = append(path, kinds[i].path...)
		}
	}
	if n.Type == ResourceSnapshot {
		path = append(path, scope)
	}
	return tx.BucketAt(path...)
}
