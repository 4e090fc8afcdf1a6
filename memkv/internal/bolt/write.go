package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A Source is a bucket to be written.
type Source interface {
	Sequence() uint64

	// ForEach calls f for each entry in ascending key order: with the value and a nil sub, or, for a nested bucket,
	// with a nil value and the bucket. It returns f's first error. Keys and values must not change until Write has
	// returned.
	ForEach(f func(key, value []byte, sub Source) error) error
}

// Options for Write. The zero value selects the defaults.
type Options struct {
	// PageSize is a power of two from 1 KiB to 64 KiB; 0 means 4096. Bolt reads the size from the file.
	PageSize int

	// Fill is the share of a page to fill, above 0 and at most 1. 0 means 0.9, which leaves room for small changes.
	Fill float64

	// NoFreelist omits the freelist, as bolt's NoFreelistSync does.
	NoFreelist bool
}

const (
	defaultPageSize = 4096
	defaultFill     = 0.9

	// minChildren is the number of children per branch page that bolt needs to rebalance.
	minChildren = 2

	// Branch pages with three keys of maximum length still have 32-bit distances.
	maxKeySize   = 1 << 30
	maxValueSize = 1<<31 - 2
)

// Write writes root and everything below it as a bolt file and returns the number of bytes written. Equal sources give
// equal bytes. Write holds all pages in memory, because the first two depend on the others.
//
// It returns the error of w or of a source, or an error for contents that bolt cannot store: keys that are empty or do
// not ascend, keys over 1 GiB, values of 2 GiB, or buckets nested deeper than MaxBucketDepth.
func Write(w io.Writer, root Source, opt Options) (int64, error) {
	if opt.PageSize == 0 {
		opt.PageSize = defaultPageSize
	}
	if opt.Fill == 0 {
		opt.Fill = defaultFill
	}
	if n := opt.PageSize; n < minPageSize || n > maxPageSize || n&(n-1) != 0 {
		return 0, fmt.Errorf("page size %d: not a power of two from %d to %d", n, minPageSize, maxPageSize)
	}
	if !(opt.Fill > 0 && opt.Fill <= 1) {
		return 0, fmt.Errorf("fill %v: not above 0 and at most 1", opt.Fill)
	}

	first := uint64(firstDataPage)
	if !opt.NoFreelist {
		first++
	}
	pages := &pageWriter{size: opt.PageSize, next: first}
	b := &bucketWriter{pages: pages, limit: int(float64(opt.PageSize) * opt.Fill)}
	if err := b.entries(root); err != nil {
		return 0, err
	}
	m := meta{
		pageSize: uint32(opt.PageSize),
		root:     b.finish(),
		sequence: root.Sequence(),
		freelist: noFreelist,
		pages:    pages.next,
	}
	head := make([]byte, int(first)*opt.PageSize)
	if !opt.NoFreelist {
		m.freelist = firstDataPage
		header{id: m.freelist, flags: freelistFlag}.encode(head[firstDataPage*opt.PageSize:])
	}
	// As in a new file, both metas describe the same state.
	for id := range uint64(firstDataPage) {
		m.txid = id
		m.encode(head[int(id)*opt.PageSize:], id)
	}
	return pages.flush(w, head)
}

// A bucketWriter lays out one bucket. It writes each leaf page when it is full, and keeps only the first key of each
// page.
type bucketWriter struct {
	pages *pageWriter
	limit int // bytes on a page before the next one begins
	depth int

	leaf     []entry // the current leaf page
	leafSize int     // bytes of its elements, keys and values
	leaves   []entry // a branch entry for each written leaf page
	nested   bool    // has nested buckets, so it can't be inline

	below *bucketWriter // reused for all nested buckets, one after the other
}

// An entry is an element of a leaf, or of a branch, which has a child and no value.
type entry struct {
	key, value []byte
	flags      uint32
	child      uint64
}

func (e entry) size() int { return elementSize + len(e.key) + len(e.value) }

// entries adds all entries of source.
func (b *bucketWriter) entries(source Source) error {
	var last []byte
	return source.ForEach(func(key, value []byte, sub Source) error {
		if len(key) == 0 || len(key) > maxKeySize || len(value) > maxValueSize {
			return fmt.Errorf("key %s: a key of %d bytes with a value of %d bytes has no place in a bolt file", quote(key), len(key), len(value))
		}
		if last != nil && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("key %s: comes after %s, but keys must ascend", quote(key), quote(last))
		}
		last = key
		if sub == nil {
			b.add(entry{key: key, value: value})
			return nil
		}
		value, err := b.bucket(sub)
		if err != nil {
			return err
		}
		b.nested = true
		b.add(entry{key: key, value: value, flags: bucketFlag})
		return nil
	})
}

var errTooDeep = errors.New("buckets are nested too deeply for a bolt file")

// bucket writes a nested bucket and returns its value in the parent.
func (b *bucketWriter) bucket(source Source) ([]byte, error) {
	if b.depth == MaxBucketDepth {
		return nil, errTooDeep
	}
	if b.below == nil {
		b.below = &bucketWriter{pages: b.pages, limit: b.limit, depth: b.depth + 1}
	}
	sub := b.below
	sub.leaf, sub.leafSize, sub.leaves, sub.nested = sub.leaf[:0], 0, sub.leaves[:0], false
	if err := sub.entries(source); err != nil {
		return nil, err
	}
	size := bucketHeaderSize
	inline := sub.inlineable()
	if inline {
		size += headerSize + sub.leafSize
	}
	value := make([]byte, size)
	le.PutUint64(value[8:], source.Sequence())
	if inline {
		encodePage(value[bucketHeaderSize:], header{flags: leafFlag}, sub.leaf)
	} else {
		le.PutUint64(value, sub.finish())
	}
	return value, nil
}

// inlineable is bolt's rule for storing a bucket in its parent's value.
func (b *bucketWriter) inlineable() bool {
	return !b.nested && len(b.leaves) == 0 && headerSize+b.leafSize <= b.pages.size/4
}

// add puts e on the current leaf page, or on a new one if it is full.
func (b *bucketWriter) add(e entry) {
	if len(b.leaf) > 0 && headerSize+b.leafSize+e.size() > b.limit {
		b.flushLeaf()
	}
	b.leaf = append(b.leaf, e)
	b.leafSize += e.size()
}

func (b *bucketWriter) flushLeaf() {
	b.leaves = append(b.leaves, b.pages.write(leafFlag, b.leaf))
	b.leaf, b.leafSize = b.leaf[:0], 0
}

// finish writes the last leaf page, then the branch pages, and returns the root page.
func (b *bucketWriter) finish() uint64 {
	if len(b.leaf) > 0 || len(b.leaves) == 0 {
		b.flushLeaf()
	}
	level := b.leaves
	for len(level) > 1 {
		var above []entry
		for len(level) > 0 {
			n := b.branchLength(level)
			above = append(above, b.pages.write(branchFlag, level[:n]))
			level = level[n:]
		}
		level = above
	}
	return level[0].child
}

// branchLength returns the number of children for the next branch page: as many as fit, at least minChildren, and
// leaving at least minChildren for the last page.
func (b *bucketWriter) branchLength(level []entry) int {
	size := headerSize
	for n, e := range level {
		size += e.size()
		if size <= b.limit || n < minChildren {
			continue
		}
		if rest := len(level) - n; rest < minChildren {
			if n-(minChildren-rest) < minChildren {
				return len(level)
			}
			return n - (minChildren - rest)
		}
		return n
	}
	return len(level)
}

// A pageWriter numbers pages and keeps their bytes.
type pageWriter struct {
	size   int
	next   uint64   // number of the next page
	chunks [][]byte // all pages so far, in order; each chunk holds whole pages
}

// chunkSize is the size of one allocation for pages.
const chunkSize = 1 << 20

// write lays out a page with its overflow, and returns the branch entry for it.
func (p *pageWriter) write(flags uint16, entries []entry) entry {
	size := headerSize
	for _, e := range entries {
		size += e.size()
	}
	count := (size + p.size - 1) / p.size
	id := p.next
	p.next += uint64(count)
	encodePage(p.allocate(count*p.size), header{id: id, flags: flags, overflow: uint32(count - 1)}, entries)
	if len(entries) == 0 {
		return entry{child: id}
	}
	return entry{key: entries[0].key, child: id}
}

// allocate extends the file by n zero bytes.
func (p *pageWriter) allocate(n int) []byte {
	last := len(p.chunks) - 1
	if last < 0 || cap(p.chunks[last])-len(p.chunks[last]) < n {
		p.chunks = append(p.chunks, make([]byte, 0, max(n, chunkSize)))
		last++
	}
	used := len(p.chunks[last])
	p.chunks[last] = p.chunks[last][:used+n]
	return p.chunks[last][used:]
}

// flush writes head and then all pages.
func (p *pageWriter) flush(w io.Writer, head []byte) (int64, error) {
	written := int64(0)
	for i := -1; i < len(p.chunks); i++ {
		chunk := head
		if i >= 0 {
			chunk = p.chunks[i]
		}
		n, err := w.Write(chunk)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// encodePage writes a page into b, which is zero and large enough: the header, the elements, then all keys and values.
func encodePage(b []byte, h header, entries []entry) {
	h.count = uint16(len(entries))
	h.encode(b)
	data := headerSize + len(entries)*elementSize
	for i, e := range entries {
		at := headerSize + i*elementSize
		distance := uint32(data - at)
		if h.flags == leafFlag {
			le.PutUint32(b[at:], e.flags)
			le.PutUint32(b[at+4:], distance)
			le.PutUint32(b[at+8:], uint32(len(e.key)))
			le.PutUint32(b[at+12:], uint32(len(e.value)))
		} else {
			le.PutUint32(b[at:], distance)
			le.PutUint32(b[at+4:], uint32(len(e.key)))
			le.PutUint64(b[at+8:], e.child)
		}
		data += copy(b[data:], e.key)
		data += copy(b[data:], e.value)
	}
}
