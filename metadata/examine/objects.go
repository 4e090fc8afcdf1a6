package examine

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// An Object is a record of a database, such as an image or a blob.
type Object struct {
	Node  string `json:"node"`
	Bytes int64  `json:"bytes,omitempty"` // the size of a blob; 0 for other kinds
}

// Objects returns all objects in db, sorted by node. The caller owns the slice.
func Objects(db *memkv.DB) ([]Object, error) {
	frozen, err := freeze(db)
	if err != nil {
		return nil, err
	}
	list := []Object{}
	for _, r := range recordsOf(frozen) {
		o := Object{Node: r.name()}
		if r.node.Type == metadata.ResourceContent {
			size, _ := r.number("size")
			o.Bytes = max(size, 0)
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b Object) int { return cmp.Compare(a.Node, b.Node) })
	return slices.CompactFunc(list, func(a, b Object) bool { return a.Node == b.Node }), nil
}

// A record is the bucket of one object.
type record struct {
	memkv.Frozen
	node gc.Node
	path []string // from the root of the database
}

func (r *record) name() string { return metadata.NodeName(r.node) }

// text returns the value at a path as text, or "".
func (r *record) text(path ...string) string { return string(valueAt(r.Frozen, path...)) }

// number returns the varint at a path, and whether there is one.
func (r *record) number(path ...string) (int64, bool) {
	n, length := binary.Varint(valueAt(r.Frozen, path...))
	return n, length > 0
}

// valueAt returns the value at a path, or nil.
func valueAt(b memkv.Frozen, path ...string) []byte {
	b, _ = b.BucketAt(path[:len(path)-1]...)
	return b.Get(path[len(path)-1])
}

// recordsOf returns the records of a database in the order of their keys.
func recordsOf(db memkv.Frozen) []*record {
	var list []*record
	for e := range schema.Entries(db) {
		if e.Bucket && e.Field == "" && e.Node.Type != 0 {
			b, _ := db.BucketAt(e.Path...)
			list = append(list, &record{b, e.Node, e.Path})
		}
	}
	return list
}
