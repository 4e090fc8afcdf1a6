package metadata

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

// blobs are the sizes of content. All namespaces that have a digest share its bytes, so that who holds them is known
// at the end of a scan.
type blobs struct {
	last map[string]int // by digest: its place in list
	list []blob
}

type blob struct {
	digest   string
	id       gc.ID
	size     int64
	previous int // place of the same digest in a namespace before, or -1
	hidden   bool
}

// expect makes room for n more.
func (b *blobs) expect(n int) {
	if b.last == nil {
		b.last = make(map[string]int, n)
	}
	b.list = slices.Grow(b.list, n)
}

// add notes one, after expect.
func (b *blobs) add(o object) {
	size, err := decodeVarint(o.record.Get(keySize))
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

// weigh gives every digest's bytes to those that hold it. Where namespaces disagree about the size, the largest
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
