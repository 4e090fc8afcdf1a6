package examine

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// An Object is one that a database holds.
type Object struct {
	Node  string `json:"node"`
	Bytes int64  `json:"bytes,omitempty"` // the size of a blob; 0 for other kinds
}

// Objects returns all objects that db holds, sorted by node.
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
