package graph

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// blobs collects the sizes of blobs during a scan. Namespaces with the same digest share its bytes, so the holders of a
// blob are complete only at the end of the scan.
//
// list has one element for each namespace and digest. The elements of a digest form a linked list: last leads to the
// newest, previous to the next older one, and all but the newest are hidden.
type blobs struct {
	last map[string]int // the index of the newest element, by digest
	list []blob
}

type blob struct {
	digest   string
	id       gc.ID
	size     int64
	previous int // the index of the same digest in an earlier namespace, or -1
	hidden   bool
}

// expect reserves memory for n more blobs.
func (b *blobs) expect(n int) {
	if b.last == nil {
		b.last = make(map[string]int, n)
	}
	b.list = slices.Grow(b.list, n)
}

// add records a blob. The caller has called expect.
func (b *blobs) add(o object) {
	size, err := schema.DecodeVarint(o.record.Get(schema.KeySize))
	if err != nil {
		size = 0
	}
	previous, shared := b.last[o.name]
	if shared {
		b.list[previous].hidden = true
	} else {
		previous = -1
	}
	b.last[o.name] = len(b.list)
	b.list = append(b.list, blob{o.name, o.id, size, previous, false})
}

// weigh assigns the bytes of each digest to its holders. If namespaces disagree about the size, the largest size
// counts.
func (b *blobs) weigh(to *gc.Builder) {
	for i, last := range b.list {
		switch {
		case last.hidden:
		case last.previous < 0:
			to.Define(last.id, last.size)
		default:
			var holders []gc.ID
			size := int64(0)
			for ; i >= 0; i = b.list[i].previous {
				holders = append(holders, b.list[i].id)
				size = max(size, b.list[i].size)
			}
			to.Bytes(last.digest, size, holders...)
		}
	}
}
