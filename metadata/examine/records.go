package examine

import (
	"encoding/binary"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A record is what is stored of one object.
type record struct {
	memkv.Frozen
	node gc.Node
	path []string // to it
}

func (r *record) name() string { return metadata.NodeName(r.node) }

// text returns the value at a path as text: "" if there is none.
func (r *record) text(path ...string) string { return string(valueAt(r.Frozen, path...)) }

// number returns the varint at a path, and whether there is one.
func (r *record) number(path ...string) (int64, bool) {
	n, length := binary.Varint(valueAt(r.Frozen, path...))
	return n, length > 0
}

// valueAt returns the value at a path, nil if there is none.
func valueAt(b memkv.Frozen, path ...string) []byte {
	b, _ = b.BucketAt(path[:len(path)-1]...)
	return b.Get(path[len(path)-1])
}

// recordsOf returns the records of a database in the order of their keys.
func recordsOf(db memkv.Frozen) []*record {
	var list []*record
	for e := range metadata.Entries(db) {
		if e.Bucket && e.Field == "" && e.Node.Type != 0 {
			b, _ := db.BucketAt(e.Path...)
			list = append(list, &record{b, e.Node, e.Path})
		}
	}
	return list
}
