package graph

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// blobs collects the sizes of blobs during a scan. Namespaces with the same digest share its bytes, so the holders of a
// blob are complete only at the end of the scan.
//
// Each run has the blobs of one namespace, in the order of their digests.
type blobs struct {
	runs [][]blob
}

type blob struct {
	digest string
	id     gc.ID
	size   int64
}

// expect begins the blobs of a namespace. It reserves memory for n of them.
func (b *blobs) expect(n int) {
	b.runs = append(b.runs, make([]blob, 0, n))
}

// add records a blob of the namespace for which expect was called last.
func (b *blobs) add(o object) {
	size, err := schema.DecodeVarint(o.record.Get(schema.KeySize))
	if err != nil {
		size = 0
	}
	last := &b.runs[len(b.runs)-1]
	*last = append(*last, blob{o.name, o.id, size})
}

// weigh assigns the bytes of each digest to its holders. If namespaces disagree about the size, the largest size
// counts.
func (b *blobs) weigh(to *gc.Builder) {
	list := merge(b.runs)
	for len(list) > 0 {
		n, size := 1, list[0].size
		for n < len(list) && list[n].digest == list[0].digest {
			size = max(size, list[n].size)
			n++
		}
		if n == 1 {
			to.Define(list[0].id, size)
		} else {
			for _, holder := range list[:n] {
				to.Bytes(holder.digest, size, holder.id)
			}
		}
		list = list[n:]
	}
}

// merge returns the blobs of all runs in the order of their digests.
func merge(runs [][]blob) []blob {
	for len(runs) > 1 {
		var longer [][]blob
		for pair := range slices.Chunk(runs, 2) {
			if len(pair) == 2 {
				pair[0] = mergeTwo(pair[0], pair[1])
			}
			longer = append(longer, pair[0])
		}
		runs = longer
	}
	if len(runs) == 0 {
		return nil
	}
	return runs[0]
}

func mergeTwo(a, b []blob) []blob {
	merged := make([]blob, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if b[0].digest < a[0].digest {
			a, b = b, a
		}
		merged, a = append(merged, a[0]), a[1:]
	}
	return append(append(merged, a...), b...)
}
