package bolt

import (
	"errors"
	"fmt"
)

// A Visitor receives a file's content in key order, depth first. The root bucket has no Enter and no Leave. The walk
// ends at the first error and returns it.
//
// The slices may alias the file or a reused buffer. The visitor must not change them, and they are valid only until the
// call returns. Names and keys are never empty and never nil.
type Visitor interface {
	// Enter begins the nested bucket called name.
	Enter(name []byte, sequence uint64) error

	// Put emits a key of the current bucket and its value, which may be empty but is never nil.
	Put(key, value []byte) error

	// Leave ends the current bucket.
	Leave() error
}

const (
	// maxTreeDepth limits the levels of branch pages in one bucket. With two children per page, 64 levels hold more
	// pages than page numbers can count.
	maxTreeDepth = 64

	// MaxBucketDepth limits the nesting of buckets in files that are read or written.
	MaxBucketDepth = 10_000
)

// Walk emits the whole content to v. It returns the first error of v, the first *Fault, or ErrChanged if the file was
// written to meanwhile. After an error, discard everything that was emitted.
func (f *File) Walk(v Visitor) error {
	w := newWalker(f, v, func(fault *Fault, _ span) error { return fault })
	return f.verdict(w.root())
}

// A walker visits the pages that are reachable from the root bucket.
//
// Invariants: seen contains every page visited so far and the meta pages. path contains the names of the open buckets,
// outermost first.
type walker struct {
	file    *File
	visitor Visitor

	// report is called for each fault, with the range of the keys of the fault's bucket that it may concern. If it
	// returns nil, the walk continues with the readable rest.
	report func(*Fault, span) error

	// tolerant makes an ErrRejected of the visitor a fault of the rejected entry.
	tolerant bool

	seen  pageSet // of all walkers of a parallel walk
	path  [][]byte
	crew  *crew    // of the first walker of a parallel walk, otherwise nil
	guess uint64   // the next tree page probably has as many pages, with its overflow, as the last one
	spare [][]byte // page buffers for reuse if the file is not in memory
}

func newWalker(f *File, v Visitor, report func(*Fault, span) error) *walker {
	w := &walker{file: f, visitor: v, report: report, guess: 1, seen: newPageSet(f.pages)}
	for id := uint64(0); id < firstDataPage; id++ {
		w.seen.add(id)
	}
	return w
}

func (w *walker) root() error {
	return w.tree(w.file.root, span{}, 0, w.file.metaBlock(), 32)
}

// tree visits the pages below id. The reference to id is at byte at of block from.
func (w *walker) tree(id uint64, keys span, depth int, from block, at int) error {
	if depth == maxTreeDepth {
		return w.fault(ErrDepth, from, at, keys, "more than %d levels of branch pages", maxTreeDepth)
	}
	b, fault := w.load(id, from, at)
	if fault != nil {
		return w.report(fault, keys)
	}
	defer w.release(b)
	if b.flags == branchFlag {
		return w.branch(b, keys, depth)
	}
	return w.leaf(b, keys)
}

// branch visits the children of a branch page.
func (w *walker) branch(b block, keys span, depth int) error {
	if w.crew != nil && w.aboveLeaves(b) {
		return w.crew.branch(w, b, keys, depth)
	}
	return w.children(b, keys, func(c child) error { return w.tree(c.id, c.keys, depth+1, b, c.at) })
}

// A child is an element of a branch page.
type child struct {
	id   uint64
	keys span
	at   int // byte of the page with the reference to id
}

// children calls visit for the children of a branch page. After a fault in an element, the range of its child's keys is
// unknown.
func (w *walker) children(b block, keys span, visit func(child) error) error {
	if b.count == 0 {
		return w.fault(ErrPage, b, 10, keys, "a branch page without elements")
	}
	free, size := b.elementsEnd(), uint64(len(b.data))
	if free > size {
		return w.fault(ErrPage, b, 10, keys, "%d elements don't fit in %d bytes", b.count, size)
	}
	var previous []byte
	for i := range int(b.count) {
		at := headerSize + i*elementSize
		e := decodeBranchElement(b.data, at)
		var below span
		if !e.within(free, size) {
			if err := w.elementFault(ErrElement, b, i, keys, describeElement(e, free, size)); err != nil {
				return err
			}
		} else {
			free = e.end()
			key := b.data[e.start:free]
			if !ascending(previous, key) || !keys.contains(key) {
				if err := w.elementFault(ErrOrder, b, i, keys, describeOrder(key, previous, keys)); err != nil {
					return err
				}
			} else {
				below = span{key, keys.high}
			}
			previous = key
		}
		if below.low != nil && i+1 < int(b.count) {
			if next := decodeBranchElement(b.data, at+elementSize); next.within(free, size) {
				below.high = b.data[next.start:next.end()]
			}
		}
		if err := visit(child{e.child, below, at + 8}); err != nil {
			return err
		}
	}
	return nil
}

// leaf emits the elements of a leaf page or an inline page.
func (w *walker) leaf(b block, keys span) error {
	free, size := b.elementsEnd(), uint64(len(b.data))
	if free > size {
		return w.fault(ErrPage, b, 10, keys, "%d elements don't fit in %d bytes", b.count, size)
	}
	var previous []byte
	for i := range int(b.count) {
		at := headerSize + i*elementSize
		e := decodeLeafElement(b.data, at)
		if !e.within(free, size) {
			lost := span{previous, keys.high}
			if err := w.elementFault(ErrElement, b, i, lost, describeElement(e, free, size)); err != nil {
				return err
			}
			continue
		}
		split := e.start + e.keyLength
		free = e.end()
		key, value := b.data[e.start:split:split], b.data[split:free:free]
		// If keys ascend, checking the range of the first and the last one is enough.
		atEnd := i == 0 || i == int(b.count)-1
		if !ascending(previous, key) || atEnd && !keys.contains(key) {
			if err := w.elementFault(ErrOrder, b, i, only(key), describeOrder(key, previous, keys)); err != nil {
				return err
			}
		}
		previous = key
		var err error
		switch e.flags {
		case 0:
			err = w.visitor.Put(key, value)
		case bucketFlag:
			err = w.bucket(b, at, key, value, int(split))
		default:
			err = w.elementFault(ErrElement, b, i, only(key), fmt.Sprintf("unknown flags %#x", e.flags))
		}
		if w.tolerant && errors.Is(err, ErrRejected) {
			err = w.elementFault(ErrOrder, b, i, only(key), fmt.Sprintf("key %s: %v", quote(key), err))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket visits the bucket called name. Its entry is at byte at of b, its value at byte start.
func (w *walker) bucket(b block, at int, name, value []byte, start int) error {
	if b.id == 0 {
		return w.fault(ErrBucket, b, at, only(name), "the inline bucket holds a bucket, %s", quote(name))
	}
	if len(w.path) == MaxBucketDepth {
		return w.fault(ErrDepth, b, at, only(name), "more than %d buckets inside of each other", MaxBucketDepth)
	}
	if len(value) < bucketHeaderSize {
		return w.fault(ErrBucket, b, at, only(name), "the entry of bucket %s has %d bytes, at least %d are needed",
			quote(name), len(value), bucketHeaderSize)
	}
	w.path = append(w.path, name)
	defer func() { w.path = w.path[:len(w.path)-1] }()

	if err := w.visitor.Enter(name, le.Uint64(value[8:])); err != nil {
		return err
	}
	var err error
	if root := le.Uint64(value); root != 0 {
		err = w.tree(root, span{}, 0, b, start)
	} else {
		err = w.inline(b, value[bucketHeaderSize:], start+bucketHeaderSize)
	}
	if err != nil {
		return err
	}
	return w.visitor.Leave()
}

// inline visits the inline bucket with the page data, at byte start of b.
func (w *walker) inline(b block, data []byte, start int) error {
	if len(data) < headerSize {
		return w.fault(ErrBucket, b, start, span{}, "the page of the inline bucket has %d bytes, its header alone takes %d",
			len(data), headerSize)
	}
	page := block{header: decodeHeader(data), page: b.page, at: b.at + int64(start), data: data}
	if page.id != 0 || page.flags != leafFlag || page.overflow != 0 {
		return w.fault(ErrBucket, b, start, span{}, "the page of the inline bucket is not a leaf: id %d, flags %#x, overflow %d",
			page.id, page.flags, page.overflow)
	}
	return w.leaf(page, span{})
}

// fault reports a fault at byte at of b, which may concern the given keys.
func (w *walker) fault(class error, b block, at int, keys span, format string, args ...any) error {
	return w.report(w.describe(class, b, at, format, args...), keys)
}

// elementFault reports a fault of element i of b.
func (w *walker) elementFault(class error, b block, i int, keys span, detail string) error {
	return w.fault(class, b, headerSize+i*elementSize, keys, "element %d: %s", i, detail)
}

func (w *walker) describe(class error, b block, at int, format string, args ...any) *Fault {
	f := &Fault{Class: class, Page: b.page, Offset: b.at + int64(at), Detail: fmt.Sprintf(format, args...)}
	for _, name := range w.path[:min(len(w.path), maxFaultNames)] {
		f.Bucket = append(f.Bucket, string(name[:min(len(name), maxFaultName)]))
	}
	return f
}
