package bolt

import (
	"math/bits"
	"slices"
	"sync/atomic"
)

// A block is a page with its overflow, or an inline page inside one.
type block struct {
	header
	page uint64 // number of the page, or of the page around an inline page
	at   int64  // position in the file
	data []byte
}

// elementsEnd returns the end of the elements. Keys and values lie after it.
func (b block) elementsEnd() uint64 { return headerSize + uint64(b.count)*elementSize }

// load reads tree page id. The reference to it is at byte at of block from.
func (w *walker) load(id uint64, from block, at int) (block, *Fault) {
	return w.claim(id, from, at, "neither a branch nor a leaf page", branchFlag, leafFlag)
}

// claim reads page id with its overflow, and marks all of it as seen. The page must not have been seen and must have
// one of the given flags; mismatch describes a page with other flags. The reference to the page is at byte at of from.
func (w *walker) claim(id uint64, from block, at int, mismatch string, flags ...uint16) (b block, _ *Fault) {
	last := w.file.pages - 1
	if id < firstDataPage || id > last {
		return b, w.describe(ErrPage, from, at, "points to page %d, outside of pages %d to %d", id, firstDataPage, last)
	}
	if !w.seen.add(id) {
		return b, w.describe(ErrReused, from, at, "points to page %d, which is in use already", id)
	}
	size := int(w.file.pageSize)
	b = block{page: id, at: int64(id) * int64(size)}
	guess := min(w.guess, w.file.pages-id)
	if fault := w.fill(&b, size*int(guess)); fault != nil {
		if guess == 1 {
			return b, fault
		}
		if fault = w.fill(&b, size); fault != nil { // perhaps only a later page cannot be read
			return b, fault
		}
	}
	b.header = decodeHeader(b.data)
	if fault := w.checkHeader(b, last, mismatch, flags); fault != nil {
		w.release(b)
		return b, fault
	}
	w.guess = min(uint64(b.overflow)+1, maxGuess)
	if need := size * (int(b.overflow) + 1); need <= len(b.data) {
		b.data = b.data[:need]
	} else {
		w.release(b)
		if fault := w.fill(&b, need); fault != nil {
			return b, fault
		}
	}
	return b, nil
}

// maxGuess limits the pages that are read before the page's header is known.
const maxGuess = 16

// checkHeader checks a page's header and marks its overflow as seen.
func (w *walker) checkHeader(b block, last uint64, mismatch string, flags []uint16) *Fault {
	if b.id != b.page {
		return w.describe(ErrPage, b, 0, "the page says it is page %d", b.id)
	}
	if !slices.Contains(flags, b.flags) {
		return w.describe(ErrPage, b, 8, "flags are %#x: %s", b.flags, mismatch)
	}
	end := b.page + uint64(b.overflow)
	if end > last {
		return w.describe(ErrPage, b, 12, "overflows up to page %d, the file's last is %d", end, last)
	}
	for id := b.page + 1; id <= end; id++ {
		if !w.seen.add(id) {
			return w.describe(ErrReused, b, 12, "overflows up to page %d, but page %d is in use already", end, id)
		}
	}
	return nil
}

// fill reads size bytes into b, in memory of its own unless the file is in memory. The caller has checked that they are
// inside the file.
func (w *walker) fill(b *block, size int) *Fault {
	var buf []byte
	if w.file.reader == nil {
		b.data = w.file.data[b.at : b.at+int64(size)]
		return nil
	}
	if last := len(w.spare) - 1; last >= 0 && cap(w.spare[last]) >= size {
		buf, w.spare = w.spare[last][:size], w.spare[:last]
	} else {
		buf = make([]byte, size)
	}
	var err error
	if b.data, err = w.file.read(b.at, buf); err != nil {
		fault := w.describe(ErrRead, *b, 0, "cannot be read: %v", err)
		fault.Cause = err
		return fault
	}
	return nil
}

// release recycles the buffer of b.
func (w *walker) release(b block) {
	if w.file.reader != nil && cap(b.data) <= maxGuess*int(w.file.pageSize) {
		w.spare = append(w.spare, b.data)
	}
}

// A pageSet is a set of page numbers below a bound. Several goroutines may call add.
type pageSet []uint64

func newPageSet(pages uint64) pageSet { return make(pageSet, (pages+63)/64) }

func (s pageSet) has(id uint64) bool { return s[id/64]&(1<<(id%64)) != 0 }

// add adds id and reports whether it was new.
func (s pageSet) add(id uint64) bool {
	bit := uint64(1) << (id % 64)
	return atomic.OrUint64(&s[id/64], bit)&bit == 0
}

func (s pageSet) count() uint64 {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return uint64(n)
}
