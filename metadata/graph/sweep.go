package graph

import (
	"cmp"
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
// Invariants: nodes is sorted as by [Live.Garbage]. The buckets cover nodes in this order. If copied is true, then the
// copy of each bucket equals that of the database in the state that the Live graph has followed, without the nodes that
// are not spared.
type Sweep struct {
	nodes   []gc.Node
	spared  map[int]bool // by index in nodes: an object that stays
	buckets []sweptBucket
	copied  bool // otherwise the last transaction deletes each record
}

type sweptBucket struct {
	path       []string
	first, end int       // its objects in nodes
	copy       *memkv.DB // has the bucket, and perhaps those of neighbours
}

// deletedAtOnce is the maximum number of objects that the last transaction deletes one by one. It takes about a
// microsecond for each.
const deletedAtOnce = 256

// maxCopies is the maximum number of databases in which buckets are copied.
const maxCopies = 8

// NewSweep prepares the deletion of all garbage of a graph. The caller then calls the functions of [Sweep.Copy].
func NewSweep(l *Live) *Sweep {
	s := &Sweep{nodes: l.Garbage(), spared: map[int]bool{}}
	for i, n := range s.nodes {
		if i == 0 || !sameBucket(n, s.nodes[i-1]) {
			s.buckets = append(s.buckets, sweptBucket{path: bucketPath(n), first: i})
		}
		s.buckets[len(s.buckets)-1].end = i + 1
	}
	return s
}

// Copy returns functions that delete the garbage in copies of its buckets. The caller calls each of them once, perhaps
// concurrently, before other methods. tx has the state that the graph has followed.
func (s *Sweep) Copy(tx *memkv.Tx) []func() error {
	if len(s.nodes) <= deletedAtOnce {
		return nil
	}
	s.copied = true
	var all []func() error
	for first := 0; first < len(s.buckets); {
		begin, end := s.buckets[first].first, first
		copied := tx.Fork()
		for ; end < len(s.buckets) && s.buckets[end].first < begin+len(s.nodes)/maxCopies+1; end++ {
			s.buckets[end].copy = copied
		}
		nodes := s.nodes[begin:s.buckets[end-1].end]
		all = append(all, func() error {
			return copied.Update(func(tx *memkv.Tx) error { return Delete(tx, nodes) })
		})
		first = end
	}
	return all
}

// Follow takes account of the changes that the graph has followed since the Sweep was made or has followed last. tx has
// the state to which the graph has followed. Objects that are no longer garbage stay. Objects that have become garbage
// stay too, with everything that they keep: no object ever loses the objects to which it refers. Another collection
// removes them.
func (s *Sweep) Follow(tx *memkv.Tx, l *Live, d Delta) error {
	for _, path := range d.Structures {
		if slices.ContainsFunc(s.buckets, func(b sweptBucket) bool { return leadsTo(path, b.path) }) {
			s.copied = false // the copies lack this change
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
	if !s.copied {
		return nil
	}
	changed := map[*memkv.DB][]gc.Node{}
	for _, n := range nodes {
		if c := s.copyWith(n); c != nil {
			changed[c] = append(changed[c], n)
		}
	}
	for c, nodes := range changed {
		err := c.Update(func(copied *memkv.Tx) error {
			for _, n := range nodes {
				if err := s.copyRecord(copied, tx, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
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

// copyWith returns the copy of the bucket with the record of an object, or nil if nothing is deleted in this bucket.
func (s *Sweep) copyWith(n gc.Node) *memkv.DB {
	if n.Type >= rules.ResourceEnd {
		return nil
	}
	i, _ := s.index(n)
	for _, near := range []int{i, i - 1} {
		if near >= 0 && near < len(s.nodes) && sameBucket(n, s.nodes[near]) {
			b, _ := slices.BinarySearchFunc(s.buckets, near, func(b sweptBucket, i int) int { return cmp.Compare(b.end, i+1) })
			return s.buckets[b].copy
		}
	}
	return nil
}

// copyRecord brings the record of an object in the copy of its bucket up to date.
func (s *Sweep) copyRecord(copied, tx *memkv.Tx, n gc.Node) error {
	records, name := copied.BucketAt(bucketPath(n)...), recordName(n)
	record, exists := tx.FrozenAt(schema.RecordPath(n)...)
	if i, known := s.index(n); exists && !(known && !s.spared[i]) {
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
	if !s.copied {
		return deleteIf(tx, s.nodes, func(i int) bool { return !s.spared[i] })
	}
	for _, b := range s.buckets {
		err := b.copy.View(func(copied *memkv.Tx) error {
			last := len(b.path) - 1
			records, _ := copied.FrozenAt(b.path...)
			return tx.BucketAt(b.path[:last]...).PutBucket([]byte(b.path[last]), records)
		})
		if err != nil {
			return fmt.Errorf("replace bucket %s: %w", strings.Join(b.path, "/"), err)
		}
	}
	return nil
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
