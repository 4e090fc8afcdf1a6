package bolt

import (
	"fmt"
	"hash/fnv"
)

const (
	magic         = 0xED0CDAED
	formatVersion = 2

	// metaSize is the size of a meta page's header and body, including the checksum.
	metaSize       = headerSize + 64
	checksumOffset = metaSize - 8
)

// meta is the body of page 0 or 1.
type meta struct {
	pageSize uint32
	root     uint64
	sequence uint64
	freelist uint64
	pages    uint64
	txid     uint64
}

// encode writes the meta page with number id; b has metaSize bytes.
func (m meta) encode(b []byte, id uint64) {
	header{id: id, flags: metaFlag}.encode(b)
	le.PutUint32(b[16:], magic)
	le.PutUint32(b[20:], formatVersion)
	le.PutUint32(b[24:], m.pageSize)
	le.PutUint32(b[28:], 0)
	le.PutUint64(b[32:], m.root)
	le.PutUint64(b[40:], m.sequence)
	le.PutUint64(b[48:], m.freelist)
	le.PutUint64(b[56:], m.pages)
	le.PutUint64(b[64:], m.txid)
	le.PutUint64(b[checksumOffset:], checksum(b))
}

// decodeMeta reads meta page id, which begins at byte at of the file. It returns a fault unless magic, version,
// checksum and page size are right. check validates the other fields.
func decodeMeta(b []byte, id uint64, at int64) (meta, *Fault) {
	fault := func(class error, format string, args ...any) *Fault {
		return &Fault{Class: class, Page: id, Offset: at, Detail: fmt.Sprintf(format, args...)}
	}
	if len(b) < headerSize+4 {
		return meta{}, fault(ErrNotBolt, "the file ends before the magic number of a bolt file")
	}
	if got := le.Uint32(b[16:]); got != magic {
		return meta{}, fault(ErrNotBolt, "magic number is %#08x, a bolt file has %#08x", got, uint32(magic))
	}
	if len(b) < metaSize {
		return meta{}, fault(ErrTruncated, "the file ends inside this meta page")
	}
	if got := le.Uint32(b[20:]); got != formatVersion {
		return meta{}, fault(ErrVersion, "format version is %d, only %d is known", got, formatVersion)
	}
	if got, want := le.Uint64(b[checksumOffset:]), checksum(b); got != want {
		return meta{}, fault(ErrChecksum, "checksum of the meta page is %#016x, its content gives %#016x", got, want)
	}
	size := le.Uint32(b[24:])
	if size < minPageSize || size > maxPageSize || size&(size-1) != 0 {
		return meta{}, fault(ErrMeta, "page size is %d, not a power of two from %d to %d", size, minPageSize, maxPageSize)
	}
	if int64(id)*int64(size) != at {
		return meta{}, fault(ErrMeta, "page size is %d, which puts this meta page at byte %d", size, int64(id)*int64(size))
	}
	return meta{
		pageSize: size,
		root:     le.Uint64(b[32:]),
		sequence: le.Uint64(b[40:]),
		freelist: le.Uint64(b[48:]),
		pages:    le.Uint64(b[56:]),
		txid:     le.Uint64(b[64:]),
	}, nil
}

// check validates the fields of an intact meta page against the size of its file.
func (m meta) check(id uint64, size int64) *Fault {
	fault := func(class error, format string, args ...any) *Fault {
		return &Fault{Class: class, Page: id, Offset: int64(id) * int64(m.pageSize), Detail: fmt.Sprintf(format, args...)}
	}
	if m.pages > uint64(size)/uint64(m.pageSize) {
		return fault(ErrTruncated, "the meta page counts %d pages of %d bytes, the file has only %d bytes", m.pages, m.pageSize, size)
	}
	if m.pages <= firstDataPage {
		return fault(ErrMeta, "the meta page counts %d pages, at least %d are needed", m.pages, firstDataPage+1)
	}
	if m.root < firstDataPage || m.root >= m.pages {
		return fault(ErrMeta, "the root bucket is on page %d, outside of pages %d to %d", m.root, firstDataPage, m.pages-1)
	}
	if m.freelist != noFreelist && (m.freelist < firstDataPage || m.freelist >= m.pages) {
		return fault(ErrMeta, "the freelist is on page %d, outside of pages %d to %d", m.freelist, firstDataPage, m.pages-1)
	}
	return nil
}

func checksum(page []byte) uint64 {
	sum := fnv.New64a()
	sum.Write(page[headerSize:checksumOffset])
	return sum.Sum64()
}
