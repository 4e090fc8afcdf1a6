package graph

import (
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// Plan returns the objects that a collection of the database would remove. It changes nothing. The function w, if not
// nil, returns a hypothetical change of the graph, such as the deletion of an image. Plan applies it first.
//
// If the change has no function Follow, Follow of the Collectors takes its place.
//
// Plan fails if a collection by the daemon would fail. Errors of w are returned unchanged.
func Plan(db memkv.Frozen, o Options, w func(*gc.Graph) (gc.WhatIf, error)) (*gc.Plan, error) {
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
	if o.Collectors != nil && what.Follow == nil {
		what.Follow = o.Collectors.Follow
	}
	p := gc.MakePlan(g, what)
	return p, s.checkLost(g, p.Marks())
}

// Collect removes the unreachable objects from the database and returns them, as [Plan] does. Like the daemon, it
// removes only the records of these objects. References to them in other records stay, and so do empty buckets. The
// caller commits tx or rolls it back.
func Collect(tx *memkv.Tx, o Options) (*gc.Plan, error) {
	p, err := Plan(tx.Freeze(), o, nil)
	if err != nil {
		return nil, err
	}
	return p, Sweep(tx, p)
}

// Sweep removes the records of a plan that was made from the state of tx. Resources of collectors have no records. The
// caller commits tx or rolls it back.
//
// The plan is sorted, so objects in the same bucket are neighbours, and Sweep looks up each bucket once.
func Sweep(tx *memkv.Tx, p *gc.Plan) error {
	var (
		g       = p.Marks().Graph()
		last    gc.Node
		scope   string
		records *memkv.Bucket
	)
	for _, id := range p.Removed {
		n := g.Node(id)
		if n.Type >= rules.ResourceEnd {
			continue // a resource of a collector has no record
		}
		key, at := n.Key, ""
		if n.Type == rules.ResourceSnapshot {
			at, key, _ = strings.Cut(n.Key, "/")
		}
		if records == nil || n.Type != last.Type || n.Namespace != last.Namespace || at != scope {
			last, scope, records = n, at, recordsOf(tx, n, at)
		}
		if err := records.DeleteBucket([]byte(key)); err != nil {
			return fmt.Errorf("remove %s: %w", schema.NodeName(n), err)
		}
	}
	return nil
}

// recordsOf returns the bucket with the record of n, in which n's neighbours are too.
func recordsOf(tx *memkv.Tx, n gc.Node, scope string) *memkv.Bucket {
	k, _ := schema.KindOf(n.Type)
	path := append([]string{schema.KeyVersion1, n.Namespace}, k.Path...)
	if k.Scoped {
		path = append(path, scope)
	}
	return tx.BucketAt(path...)
}
