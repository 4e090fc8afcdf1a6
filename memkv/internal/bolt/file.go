package bolt

import (
	"bytes"
	"fmt"
	"io"
)

// File is a bolt file whose newest valid meta page is known. Its methods may be called by several
// goroutines at once if its reader's ReadAt may.
type File struct {
	data   []byte // the whole file, or nil
	reader io.ReaderAt
	size   int64

	meta       // the state that is read
	metaPage   uint64
	metaFaults [2]*Fault
	metaAt     [2]int64
	metaBytes  [2][]byte // as first read, to notice a writer
}

// Info is what a file's meta page says of it.
type Info struct {
	PageSize int
	Pages    uint64 // the high water mark: this many pages exist, free ones included
	Size     int64  // the file's length in bytes, which may exceed Pages × PageSize
	TxID     uint64 // the transaction that wrote the state
	Meta     uint64 // the meta page that counts, 0 or 1

	// FreelistStored is false for files written with bolt's NoFreelistSync.
	FreelistStored bool
}

// OpenBytes validates the meta pages of a whole file. The File keeps data, which must not change, and
// what it emits aliases data. The error is a *Fault.
func OpenBytes(data []byte) (*File, error) {
	f := &File{data: data, size: int64(len(data))}
	return f, f.open()
}

// Open validates the meta pages of a file of size bytes. Pages are read when they are needed, so that free ones
// never are, and what the File emits is valid only until the callback returns. The error is a *Fault.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{reader: r, size: max(size, 0)}
	return f, f.open()
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

// RootSequence is the sequence of the root bucket, which Walk does not emit.
func (f *File) RootSequence() uint64 { return f.sequence }

func (f *File) open() error {
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

// chooseMeta reads both meta pages and takes the newest state. A meta page that can't be read is not passed over,
// since it may be the newest.
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
		return f.worthierMetaFault()
	case !valid[0], valid[1] && metas[1].txid > metas[0].txid:
		f.metaPage = 1
	}
	f.meta = metas[f.metaPage]
	return f.meta.check(f.metaPage, f.size)
}

// readMeta reads the meta page id at byte at of the file, and keeps its bytes.
func (f *File) readMeta(id uint64, at int64) (meta, *Fault) {
	b, fault := f.readMetaBytes(id, at)
	if fault != nil {
		return meta{}, fault
	}
	f.metaAt[id], f.metaBytes[id] = at, b
	return decodeMeta(b, id, at)
}

// readMetaBytes returns a copy of the meta page id at byte at; less if the file ends there.
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

// searchSecondMeta looks for meta page 1 where each page size would put it. If there is none, the
// fault is that of the place that looked most like one.
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

// worthierMetaFault chooses what to say when neither meta page is valid.
func (f *File) worthierMetaFault() *Fault {
	if f.metaFaults[0].Class == ErrNotBolt && f.metaFaults[1].Class != ErrNotBolt {
		return f.metaFaults[1]
	}
	return f.metaFaults[0]
}

// metaBlock is the meta page that counts, as a place to name in faults.
func (f *File) metaBlock() block { return block{page: f.metaPage, at: f.metaAt[f.metaPage]} }

// read returns len(buf) bytes from byte at on, which the caller has checked against the file's size:
// in buf, or in place if the whole file is in memory.
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

// verdict turns the result of reading the pages into ErrChanged if a meta page is no longer what it was.
// Pages that a state can reach are overwritten only after a later meta page, so that equal metas
// mean that the pages read were all of one state.
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

// grown reports whether the file has become longer than its size was said to be.
func (f *File) grown() bool {
	if f.reader == nil {
		return false
	}
	n, _ := f.reader.ReadAt(make([]byte, 1), f.size)
	return n == 1
}
