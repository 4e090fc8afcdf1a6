package bolt

import "iter"

// Unreferenced are the pages of a file that its tree does not use. Bolt never overwrites a page in place, so they keep
// the entries of earlier transactions until a commit reuses them. They may also hold pages of the present state, if the
// reference to them is on a damaged page.
//
// The space after the last element of a page, and a page of overflow without the page before it, hold no old entries
// that can be told: bolt writes whole pages from zeroed memory, and only the first page says where keys begin.
type Unreferenced struct {
	file  *File
	live  pageSet // used by the tree, including its freelist and both meta pages
	heads pageSet // neither live nor overflow of another page
	total uint64  // pages in the file; the meta page may count fewer
}

// A StalePage has the readable elements of an unreferenced page, or of an inline bucket, in ascending order.
type StalePage struct {
	Branch   bool
	Whole    bool // no element is unreadable
	Elements []StaleElement
	Size     int // bytes read
}

// A StaleElement is an entry of a leaf page, or a reference of a branch page. Name and Value alias the page.
type StaleElement struct {
	Name     []byte
	Value    []byte // of a value; the page of an inline bucket
	Child    uint64 // of a branch page: the page below; of a bucket: its root page, or 0 for an inline bucket
	Bucket   bool
	Sequence uint64 // of a bucket
}

// Unreferenced reads the tree as [File.Salvage] does, and the headers of all other pages.
func (f *File) Unreferenced() (*Unreferenced, error) {
	w, err := f.salvage(ignore{}, func(Loss) {})
	if err != nil {
		return nil, err
	}
	if _, err := w.readFreelist(); err != nil {
		return nil, err
	}
	u := &Unreferenced{file: f, live: w.seen, total: max(f.pages, uint64(f.size)/uint64(f.pageSize))}
	u.heads = newPageSet(u.total)
	buf := make([]byte, headerSize)
	for id := uint64(firstDataPage); id < u.total; id++ {
		if u.isLive(id) || (int64(id)+1)*int64(f.pageSize) > f.size {
			continue
		}
		b, err := f.read(int64(id)*int64(f.pageSize), buf)
		if err != nil {
			return nil, f.verdict(&Fault{Class: ErrRead, Page: id, Detail: "cannot be read: " + err.Error(), Cause: err})
		}
		if h := decodeHeader(b); h.id == id && (h.flags == leafFlag || h.flags == branchFlag) {
			u.heads.add(id)
		}
	}
	return u, f.verdict(nil)
}

// ignore is a [Visitor] that accepts everything.
type ignore struct{}

func (ignore) Enter([]byte, uint64) error { return nil }
func (ignore) Put(_, _ []byte) error      { return nil }
func (ignore) Leave() error               { return nil }

func (u *Unreferenced) isLive(id uint64) bool { return id < u.file.pages && u.live.has(id) }

// Changed returns [ErrChanged] if the file was written to since it was opened.
func (u *Unreferenced) Changed() error { return u.file.verdict(nil) }

// All yields the numbers of the unreferenced pages with elements, in ascending order.
func (u *Unreferenced) All() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for id := uint64(firstDataPage); id < u.total; id++ {
			if u.heads.has(id) && !yield(id) {
				return
			}
		}
	}
}

// Other returns the root page and the transaction of the meta page that was not selected, if it is valid.
func (u *Unreferenced) Other() (root, txid uint64, ok bool) {
	id := 1 - u.file.metaPage
	if u.file.metaFaults[id] != nil || u.file.metaBytes[id] == nil {
		return 0, 0, false
	}
	m, fault := decodeMeta(u.file.metaBytes[id], id, u.file.metaAt[id])
	return m.root, m.txid, fault == nil
}

// Page reads an unreferenced page with its overflow. It reports false for other pages. An overflow ends at the first
// page that has been reused, whose elements are unreadable.
func (u *Unreferenced) Page(id uint64) (StalePage, bool) {
	if id < firstDataPage || id >= u.total || !u.heads.has(id) {
		return StalePage{}, false
	}
	size := int64(u.file.pageSize)
	head, err := u.file.read(int64(id)*size, make([]byte, headerSize))
	if err != nil {
		return StalePage{}, false
	}
	h, end := decodeHeader(head), id+1
	for end-id <= uint64(h.overflow) && end < u.total && !u.isLive(end) && !u.heads.has(end) && int64(end+1)*size <= u.file.size {
		end++
	}
	data, err := u.file.read(int64(id)*size, make([]byte, int64(end-id)*size))
	if err != nil || h.flags != leafFlag && h.flags != branchFlag {
		return StalePage{}, false
	}
	return stalePage(decodeHeader(data), data), true
}

// InlinePage reads the page of an inline bucket.
func InlinePage(data []byte) (StalePage, bool) {
	if len(data) < headerSize {
		return StalePage{}, false
	}
	h := decodeHeader(data)
	if h.id != 0 || h.flags != leafFlag || h.overflow != 0 {
		return StalePage{}, false
	}
	return stalePage(h, data), true
}

// stalePage reads elements up to the first that contradicts the format.
func stalePage(h header, data []byte) StalePage {
	p := StalePage{Branch: h.flags == branchFlag, Size: len(data)}
	free, size := headerSize+uint64(h.count)*elementSize, uint64(len(data))
	if free > size {
		return p
	}
	var previous []byte
	for i := range int(h.count) {
		at := headerSize + i*elementSize
		e := decodeLeafElement(data, at)
		if p.Branch {
			e = decodeBranchElement(data, at)
		}
		if !e.within(free, size) {
			return p
		}
		split := e.start + e.keyLength
		free = e.end()
		element := StaleElement{Name: data[e.start:split:split], Value: data[split:free:free], Child: e.child}
		if !ascending(previous, element.Name) || !p.Branch && e.flags&^bucketFlag != 0 {
			return p
		}
		if e.flags == bucketFlag {
			if len(element.Value) < bucketHeaderSize {
				return p
			}
			element.Bucket = true
			element.Child, element.Sequence = le.Uint64(element.Value), le.Uint64(element.Value[8:])
			element.Value = element.Value[bucketHeaderSize:]
		}
		previous = element.Name
		p.Elements = append(p.Elements, element)
	}
	p.Whole = true
	return p
}
