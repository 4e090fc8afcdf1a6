package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// Delete deletes the records of objects, which must exist. Resources of collectors have no records. The caller commits
// tx or rolls it back. If neighbours in nodes are in the same bucket, Delete looks up the bucket once.
func Delete(tx *memkv.Tx, nodes []gc.Node) error {
	return deleteIf(tx, nodes, func(int) bool { return true })
}

func deleteIf(tx *memkv.Tx, nodes []gc.Node, chosen func(i int) bool) error {
	var records *memkv.Bucket
	var last gc.Node // the last object deleted
	for i, n := range nodes {
		if n.Type >= rules.ResourceEnd || !chosen(i) {
			continue
		}
		if records == nil || !sameBucket(n, last) {
			records, last = tx.BucketAt(bucketPath(n)...), n
		}
		if err := records.DeleteBucket([]byte(recordName(n))); err != nil {
			return fmt.Errorf("remove %s: %w", schema.NodeName(n), err)
		}
	}
	return nil
}

// bucketPath returns the path of the bucket with the record of an object.
func bucketPath(n gc.Node) []string {
	path := schema.RecordPath(n)
	return path[:len(path)-1]
}

// scopeOf returns the snapshotter of a snapshot, and "" for other objects.
func scopeOf(n gc.Node) string {
	if n.Type != rules.ResourceSnapshot {
		return ""
	}
	scope, _, _ := strings.Cut(n.Key, "/")
	return scope
}

// recordName returns the name of an object's record in its bucket.
func recordName(n gc.Node) string {
	if n.Type != rules.ResourceSnapshot {
		return n.Key
	}
	_, name, _ := strings.Cut(n.Key, "/")
	return name
}

func sameBucket(a, b gc.Node) bool {
	return a.Type == b.Type && a.Namespace == b.Namespace && scopeOf(a) == scopeOf(b)
}

// A Sweep deletes garbage from a database that has changed since the garbage was found. The deletions of many objects
// are made in a copy of their buckets, while writers continue. The last transaction only replaces these buckets.
//
// Invariants: nodes is sorted as by [Live.Garbage]. The buckets cover nodes in this order. If copies is not nil, then
// each of its buckets equals that of the database in the state that the Live graph has followed, without the nodes that
// are not spared.
type Sweep struct {
	nodes   []gc.Node
	spared  map[int]bool // by index in nodes: an object that stays
	buckets []sweptBucket
	copies  *memkv.DB // nil: the last transaction deletes each record
}

type sweptBucket struct {
	path       []string
	first, end int // its objects in nodes
}

// deletedAtOnce is the maximum number of objects that the last transaction deletes one by one. It takes about a
// microsecond for each.
const deletedAtOnce = 256

// NewSweep prepares the deletion of all garbage of a graph that has followed the database to the state of tx.
func NewSweep(tx *memkv.Tx, l *Live) (*Sweep, error) {
	s := &Sweep{nodes: l.Garbage(), spared: map[int]bool{}}
	for i, n := range s.nodes {
		if i == 0 || !sameBucket(n, s.nodes[i-1]) {
			s.buckets = append(s.buckets, sweptBucket{path: bucketPath(n), first: i})
		}
		s.buckets[len(s.buckets)-1].end = i + 1
	}
	if len(s.nodes) <= deletedAtOnce {
		return s, nil
	}
	s.copies = tx.Fork()
	return s, s.copies.Update(func(tx *memkv.Tx) error { return Delete(tx, s.nodes) })
}

// Follow takes account of the changes that the graph has followed since the Sweep was made or has followed last. tx has
// the state to which the graph has followed. Objects that are no longer garbage stay. Objects that have become garbage
// stay too, with everything that they keep: no object ever loses the objects to which it refers. Another collection
// removes them.
func (s *Sweep) Follow(tx *memkv.Tx, l *Live, d Delta) error {
	for _, path := range d.Structures {
		if slices.ContainsFunc(s.buckets, func(b sweptBucket) bool { return leadsTo(path, b.path) }) {
			s.copies = nil // it lacks this change
		}
	}
	held := l.heldByOthers(func(n gc.Node) bool { _, listed := s.index(n); return listed })
	nodes := slices.Concat(d.Nodes, held)
	for i, spared := range s.spared {
		if spared { // perhaps no longer
			nodes = append(nodes, s.nodes[i])
		}
	}
	for _, n := range nodes {
		if i, ok := s.index(n); ok {
			s.spared[i] = !l.IsGarbage(n)
		}
	}
	for _, n := range held {
		if i, ok := s.index(n); ok {
			s.spared[i] = true
		}
	}
	if s.copies == nil || len(nodes) == 0 {
		return nil
	}
	return s.copies.Update(func(copies *memkv.Tx) error {
		for _, n := range nodes {
			if err := s.copyRecord(copies, tx, n); err != nil {
				return err
			}
		}
		return nil
	})
}

// leadsTo reports whether a changed entry is a bucket on the path, or the sequence of the bucket at its end.
func leadsTo(entry, path []string) bool {
	if entry[len(entry)-1] == "" {
		return slices.Equal(entry[:len(entry)-1], path)
	}
	return len(entry) <= len(path) && slices.Equal(entry, path[:len(entry)])
}

// index returns the index of an object in nodes.
func (s *Sweep) index(n gc.Node) (int, bool) {
	return slices.BinarySearchFunc(s.nodes, n, CompareRemoved)
}

// copyRecord brings the record of an object in copies up to date.
func (s *Sweep) copyRecord(copies, tx *memkv.Tx, n gc.Node) error {
	if n.Type >= rules.ResourceEnd {
		return nil
	}
	i, known := s.index(n)
	near := min(i, len(s.nodes)-1)
	if !sameBucket(n, s.nodes[near]) && (i == 0 || !sameBucket(n, s.nodes[i-1])) {
		return nil // nothing is deleted in its bucket
	}
	records, name := copies.BucketAt(bucketPath(n)...), recordName(n)
	record, exists := tx.FrozenAt(schema.RecordPath(n)...)
	if exists && !(known && !s.spared[i]) {
		return records.PutBucket([]byte(name), record)
	}
	if _, copied := records.FrozenAt(name); copied {
		return records.DeleteBucket([]byte(name))
	}
	return nil
}

// Apply deletes the objects in tx, which has the state of the last call of Follow. The caller commits tx or rolls it
// back.
func (s *Sweep) Apply(tx *memkv.Tx) error {
	if s.copies == nil {
		return deleteIf(tx, s.nodes, func(i int) bool { return !s.spared[i] })
	}
	return s.copies.View(func(copies *memkv.Tx) error {
		for _, b := range s.buckets {
			last := len(b.path) - 1
			records, _ := copies.FrozenAt(b.path...)
			if err := tx.BucketAt(b.path[:last]...).PutBucket([]byte(b.path[last]), records); err != nil {
				return fmt.Errorf("replace bucket %s: %w", strings.Join(b.path, "/"), err)
			}
		}
		return nil
	})
}

// Len returns the number of objects that were garbage when the Sweep was made.
func (s *Sweep) Len() int { return len(s.nodes) }

// Removed returns the objects that Apply deletes, sorted by namespace, then type, then key.
func (s *Sweep) Removed() []gc.Node {
	if len(s.spared) == 0 {
		return s.nodes
	}
	var removed []gc.Node
	for i, n := range s.nodes {
		if !s.spared[i] {
			removed = append(removed, n)
		}
	}
	return removed
}

// Lists reports whether an object was garbage when the Sweep was made.
func (s *Sweep) Lists(n gc.Node) bool {
	_, listed := s.index(n)
	return listed
}

// Samples returns one object that Apply deletes from each bucket in which it deletes any.
func (s *Sweep) Samples() []gc.Node {
	var samples []gc.Node
	for _, b := range s.buckets {
		for i := b.first; i < b.end; i++ {
			if !s.spared[i] {
				samples = append(samples, s.nodes[i])
				break
			}
		}
	}
	return samples
}
