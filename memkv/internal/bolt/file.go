package bolt

import (
	"bytes"
	"fmt"
	"io"
)

// A File is a bolt file with a valid meta page. Several goroutines may call its methods at once if its reader allows
// concurrent ReadAt.
//
// Invariant: exactly one of data and reader is not nil, except for an empty file, which has neither. After a successful
// open, meta is the content of page metaPage, metaFaults[metaPage] is nil, and meta counts only pages inside the file.
// With AcceptTruncated, both metaFaults may be set: root is then 0.
type File struct {
	data   []byte // the whole file, or nil if reader is used
	reader io.ReaderAt
	size   int64

	meta       // the state that is read
	metaPage   uint64
	metaFaults [2]*Fault
	metaAt     [2]int64
	metaBytes  [2][]byte // as first read, to detect a writer

	options   openOptions
	truncated *Fault // the file is shorter than its meta page says, with AcceptTruncated
}

type openOptions struct{ previous, truncated bool }

// An OpenOption selects the state that is read.
type OpenOption func(*openOptions)

// Previous selects the state before the last transaction: that of the older meta page. Opening fails if one of the two
// meta pages is damaged. The pages of this state may be overwritten at any time by the next transaction.
func Previous() OpenOption { return func(o *openOptions) { o.previous = true } }

// AcceptTruncated opens a file that ends before the last page that its meta page counts, and one of which both meta
// pages are damaged. References to the missing pages are faults. So is the root, if it is missing or not known.
func AcceptTruncated() OpenOption { return func(o *openOptions) { o.truncated = true } }

// Info describes a file according to its meta page.
type Info struct {
	PageSize int
	Pages    uint64 // the high water mark: number of pages, including free ones
	Size     int64  // the file's length in bytes; may exceed Pages × PageSize
	TxID     uint64 // the transaction that wrote the state
	Meta     uint64 // the meta page of the state, 0 or 1

	// FreelistStored is false for files written with bolt's NoFreelistSync.
	FreelistStored bool
}

// OpenBytes validates the meta pages of a whole file. The File keeps data, which must not change, and emits slices of
// it. The error is a *Fault.
func OpenBytes(data []byte, opts ...OpenOption) (*File, error) {
	f := &File{data: data, size: int64(len(data))}
	return f, f.open(opts)
}

// Open validates the meta pages of a file of size bytes. The File reads pages on demand and never reads free pages. The
// slices that it emits are valid only until the callback returns. The error is a *Fault or ErrChanged.
func Open(r io.ReaderAt, size int64, opts ...OpenOption) (*File, error) {
	f := &File{reader: r, size: max(size, 0)}
	return f, f.open(opts)
}

// Info describes the file.
func (f *File) Info() Info {
	return Info{
		PageSize:       int(f.pageSize),
		Pages:          f.pages,
		Size:           f.size,
		TxID:           f.txid,
		Meta:           f.metaPage,
		FreelistStored: f.freelist != noFreelist,
	}
}

// RootSequence returns the sequence of the root bucket. Walk does not emit it.
func (f *File) RootSequence() uint64 { return f.sequence }

func (f *File) open(opts []OpenOption) error {
	for _, opt := range opts {
		opt(&f.options)
	}
	if f.size == 0 {
		return &Fault{Class: ErrNotBolt, Detail: "the file is empty"}
	}
	fault := f.chooseMeta()
	if fault == nil {
		return nil
	}
	if fault.Class == ErrTruncated && f.grown() {
		return ErrChanged
	}
	return f.verdict(fault)
}

// chooseMeta reads both meta pages and selects the newest state, or the one before it. An unreadable meta page is a
// fault, because it may be the newest.
func (f *File) chooseMeta() *Fault {
	var metas [2]meta
	metas[0], f.metaFaults[0] = f.readMeta(0, 0)
	if f.metaFaults[0] == nil {
		metas[1], f.metaFaults[1] = f.readMeta(1, int64(metas[0].pageSize))
	} else {
		metas[1], f.metaFaults[1] = f.searchSecondMeta()
	}
	for _, fault := range f.metaFaults {
		if fault != nil && fault.Class == ErrRead {
			return fault
		}
	}

	switch valid := [2]bool{f.metaFaults[0] == nil, f.metaFaults[1] == nil}; {
	case !valid[0] && !valid[1]:
		return f.withoutMeta(f.betterMetaFault())
	case !valid[0], valid[1] && metas[1].txid > metas[0].txid:
		f.metaPage = 1
	}
	if f.options.previous {
		f.metaPage = 1 - f.metaPage
		if fault := f.metaFaults[f.metaPage]; fault != nil {
			return fault
		}
	}
	f.meta = metas[f.metaPage]
	fault := f.meta.check(f.metaPage, f.size)
	if fault != nil && fault.Class == ErrTruncated && f.options.truncated {
		f.truncated = fault
		f.meta.pages = uint64(f.size) / uint64(f.pageSize)
		if f.freelist >= f.pages {
			f.freelist = noFreelist
		}
		if fault = f.meta.check(f.metaPage, f.size); f.pages > firstDataPage {
			fault = nil // a missing root is a loss
		}
	}
	return fault
}

// withoutMeta handles a file of which both meta pages are damaged. Nothing tells its root then. With AcceptTruncated, a
// file that has pages of bolt is opened with a root that cannot be read.
func (f *File) withoutMeta(fault *Fault) *Fault {
	size := f.searchPageSize()
	if size == 0 || fault.Class == ErrVersion {
		return fault
	}
	if fault.Class == ErrNotBolt {
		fault = &Fault{Class: ErrMeta, Page: fault.Page, Offset: fault.Offset,
			Detail: "both meta pages are damaged, although the file has other pages of bolt: " + fault.Detail}
	}
	if !f.options.truncated {
		return fault
	}
	f.meta = meta{pageSize: size, freelist: noFreelist, pages: uint64(f.size) / uint64(size)}
	return nil
}

// searchPageSize returns the page size with which a page that is no meta page has its own number, or 0. It looks at the
// first pages only.
func (f *File) searchPageSize() uint32 {
	const searched = 1024
	buf := make([]byte, headerSize)
	for size := int64(minPageSize); size <= maxPageSize; size *= 2 {
		for id := int64(firstDataPage); id < searched && (id+1)*size <= f.size; id++ {
			b, err := f.read(id*size, buf)
			if err != nil {
				return 0
			}
			if h := decodeHeader(b); h.id == uint64(id) && (h.flags == leafFlag || h.flags == branchFlag) {
				return uint32(size)
			}
		}
	}
	return 0
}

// readMeta reads meta page id at byte at of the file, and keeps its bytes.
func (f *File) readMeta(id uint64, at int64) (meta, *Fault) {
	b, fault := f.readMetaBytes(id, at)
	if fault != nil {
		return meta{}, fault
	}
	f.metaAt[id], f.metaBytes[id] = at, b
	return decodeMeta(b, id, at)
}

// readMetaBytes returns a copy of meta page id at byte at. The copy is shorter if the file ends within the page.
func (f *File) readMetaBytes(id uint64, at int64) ([]byte, *Fault) {
	b := make([]byte, min(metaSize, max(f.size-at, 0)))
	if len(b) == 0 {
		return b, nil
	}
	page, err := f.read(at, b)
	if err != nil {
		return nil, &Fault{Class: ErrRead, Page: id, Offset: at, Detail: fmt.Sprintf("cannot be read: %v", err), Cause: err}
	}
	copy(b, page)
	return b, nil
}

// searchSecondMeta looks for meta page 1 at each possible page size. If there is none, it returns the most specific
// fault.
func (f *File) searchSecondMeta() (meta, *Fault) {
	best := &Fault{Class: ErrNotBolt, Page: 1, Detail: "no page size from 1 KiB to 64 KiB leads to a second meta page"}
	for at := int64(minPageSize); at <= maxPageSize; at *= 2 {
		m, fault := f.readMeta(1, at)
		if fault == nil || fault.Class == ErrRead {
			return m, fault
		}
		if best.Class == ErrNotBolt && fault.Class != ErrNotBolt && fault.Class != ErrTruncated {
			best = fault
		}
	}
	return meta{}, best
}

// betterMetaFault returns the fault to report if neither meta page is valid.
func (f *File) betterMetaFault() *Fault {
	if f.metaFaults[0].Class == ErrNotBolt && f.metaFaults[1].Class != ErrNotBolt {
		return f.metaFaults[1]
	}
	return f.metaFaults[0]
}

// metaBlock returns the current meta page, as a position for faults.
func (f *File) metaBlock() block { return block{page: f.metaPage, at: f.metaAt[f.metaPage]} }

// read returns len(buf) bytes from byte at on. The caller has checked the range against the file's size. The result is
// buf, or a slice of the file if it is in memory.
func (f *File) read(at int64, buf []byte) ([]byte, error) {
	if f.reader == nil {
		return f.data[at : at+int64(len(buf))], nil
	}
	n, err := f.reader.ReadAt(buf, at)
	if n == len(buf) {
		return buf, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

// verdict returns ErrChanged if a meta page has changed since it was read, and otherwise err. A writer overwrites
// reachable pages only after it has written a later meta page. So equal metas mean that all pages read belong to one
// state.
func (f *File) verdict(err error) error {
	if f.reader == nil {
		return err
	}
	for id, before := range f.metaBytes {
		if before == nil {
			continue
		}
		now, fault := f.readMetaBytes(uint64(id), f.metaAt[id])
		switch {
		case fault != nil && err == nil:
			err = fault
		case fault == nil && !bytes.Equal(before, now):
			return ErrChanged
		}
	}
	return err
}

// grown reports whether the file has become longer than its size at Open.
func (f *File) grown() bool {
	if f.reader == nil {
		return false
	}
	n, _ := f.reader.ReadAt(make([]byte, 1), f.size)
	return n == 1
}
