package bolt

import "fmt"

// freelist is the content of a file's freelist.
type freelist struct {
	known bool // the freelist exists and was readable
	pages pageSet
	count uint64
}

// readFreelist reads the freelist, if there is one, and marks its own pages as seen. It reports invalid numbers and
// omits them.
func (w *walker) readFreelist() (list freelist, err error) {
	if w.file.freelist == noFreelist {
		return list, nil
	}
	b, fault := w.claim(w.file.freelist, w.file.metaBlock(), 48, "not a freelist page", freelistFlag)
	if fault != nil {
		return list, w.report(fault, span{})
	}
	ids, count := b.data[headerSize:], uint64(b.count)
	if count == manyFree {
		count, ids = le.Uint64(ids), ids[8:]
	}
	if fit := uint64(len(ids)) / 8; count > fit {
		return list, w.fault(ErrFreelist, b, 10, span{}, "the freelist counts %d pages, but has room for %d", count, fit)
	}
	list.known, list.pages = true, newPageSet(w.file.pages)
	for i := range count {
		id := le.Uint64(ids[i*8:])
		var bad string
		switch {
		case id < firstDataPage || id >= w.file.pages:
			bad = fmt.Sprintf("page %d is free, but outside of pages %d to %d", id, firstDataPage, w.file.pages-1)
		case !list.pages.add(id):
			bad = fmt.Sprintf("page %d is free twice", id)
		default:
			list.count++
			continue
		}
		if err := w.fault(ErrFreelist, b, len(b.data)-len(ids)+int(i)*8, span{}, "%s", bad); err != nil {
			return list, err
		}
	}
	return list, nil
}
