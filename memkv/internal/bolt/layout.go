package bolt

import "encoding/binary"

// Sizes and offsets of the format; see the package comment.
const (
	minPageSize = 1 << 10
	maxPageSize = 1 << 16

	headerSize       = 16
	elementSize      = 16
	bucketHeaderSize = 16

	firstDataPage = 2
	noFreelist    = ^uint64(0)

	// manyFree in a freelist's count means that the real count is the first number of its body.
	manyFree = 0xFFFF
)

const (
	branchFlag   = 0x01
	leafFlag     = 0x02
	metaFlag     = 0x04
	freelistFlag = 0x10

	bucketFlag = 0x01
)

var le = binary.LittleEndian

// header is the first 16 bytes of every page.
type header struct {
	id       uint64
	flags    uint16
	count    uint16
	overflow uint32
}

// decodeHeader needs headerSize bytes.
func decodeHeader(b []byte) header {
	_ = b[headerSize-1]
	return header{
		id:       le.Uint64(b),
		flags:    le.Uint16(b[8:]),
		count:    le.Uint16(b[10:]),
		overflow: le.Uint32(b[12:]),
	}
}

func (h header) encode(b []byte) {
	_ = b[headerSize-1]
	le.PutUint64(b, h.id)
	le.PutUint16(b[8:], h.flags)
	le.PutUint16(b[10:], h.count)
	le.PutUint32(b[12:], h.overflow)
}

// An element is one entry of a leaf or branch page. start is the offset of its key from the start of the page. Branch
// elements have a child and no value.
type element struct {
	flags       uint32
	child       uint64
	start       uint64
	keyLength   uint64
	valueLength uint64
}

func (e element) end() uint64 { return e.start + e.keyLength + e.valueLength }

// decodeLeafElement needs elementSize bytes at b[at:].
func decodeLeafElement(b []byte, at int) element {
	e := b[at : at+elementSize : at+elementSize]
	return element{
		flags:       le.Uint32(e),
		start:       uint64(at) + uint64(le.Uint32(e[4:])),
		keyLength:   uint64(le.Uint32(e[8:])),
		valueLength: uint64(le.Uint32(e[12:])),
	}
}

// decodeBranchElement needs elementSize bytes at b[at:].
func decodeBranchElement(b []byte, at int) element {
	e := b[at : at+elementSize : at+elementSize]
	return element{
		start:     uint64(at) + uint64(le.Uint32(e)),
		keyLength: uint64(le.Uint32(e[4:])),
		child:     le.Uint64(e[8:]),
	}
}
