package buffers

import (
	"unsafe"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A Table maps addresses to buffers. The zero value is an empty table. It is not safe for concurrent use.
//
// Addresses are numbers, not pointers: an address that a host makes up is never dereferenced and never seen by Go's
// garbage collector.
type Table struct {
	buffers map[uintptr][]byte
	bytes   uint64 // Invariant: the sum of the lengths of buffers; bytes <= abi.HeldMax plus the unfreed responses.
}

// Alloc adds a buffer of size zero bytes and returns its address. It returns 0 if size is 0 or exceeds abi.AllocMax, or
// if the table would exceed abi.HeldMax bytes.
func (t *Table) Alloc(size uint64) uintptr {
	if size == 0 || size > abi.AllocMax || t.bytes+size > abi.HeldMax {
		return 0
	}
	return t.Add(make([]byte, size))
}

// Add adds b, which must not be empty, and returns its address. The table owns b from then on.
func (t *Table) Add(b []byte) uintptr {
	if t.buffers == nil {
		t.buffers = map[uintptr][]byte{}
	}
	address := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	t.buffers[address] = b
	t.bytes += uint64(len(b))
	return address
}

// Free removes a buffer and returns its size in bytes. An unknown address is ignored; its size is 0.
func (t *Table) Free(address uintptr) (size uint64) {
	size = uint64(len(t.buffers[address]))
	t.bytes -= size
	delete(t.buffers, address)
	return size
}

// Bytes returns the first size bytes of a buffer. It returns false if the address is unknown or the buffer is shorter.
// The bytes alias the buffer.
func (t *Table) Bytes(address uintptr, size uint64) ([]byte, bool) {
	b, ok := t.buffers[address]
	if !ok || size > uint64(len(b)) {
		return nil, false
	}
	return b[:size:size], true
}
