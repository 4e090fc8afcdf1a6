package buffers

import (
	"unsafe"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Held are buffers by their addresses. The zero value has none. It is for one goroutine at a time.
//
// An address is a number here, not a pointer: whatever a host makes up is then nothing to Go's own collector.
type Held struct {
	buffers map[uintptr][]byte
	bytes   uint64
}

// Alloc returns the address of a buffer of so many zero bytes for the host to write to. It is 0 for no bytes, for more
// than abi.AllocMax, and if all buffers would have more than abi.HeldMax.
func (h *Held) Alloc(size uint64) uintptr {
	if size == 0 || size > abi.AllocMax || h.bytes+size > abi.HeldMax {
		return 0
	}
	return h.Hold(make([]byte, size))
}

// Hold keeps a slice that isn't empty until it is freed, and returns its address. The slice must be nobody else's.
func (h *Held) Hold(b []byte) uintptr {
	if h.buffers == nil {
		h.buffers = map[uintptr][]byte{}
	}
	address := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	h.buffers[address] = b
	h.bytes += uint64(len(b))
	return address
}

// Free gives a buffer up. An address that is none of a buffer, or no longer, does nothing.
func (h *Held) Free(address uintptr) {
	h.bytes -= uint64(len(h.buffers[address]))
	delete(h.buffers, address)
}

// Bytes returns the first bytes of a buffer; false if the address is none of a buffer, or it has fewer.
func (h *Held) Bytes(address uintptr, size uint64) ([]byte, bool) {
	b, ok := h.buffers[address]
	if !ok || size > uint64(len(b)) {
		return nil, false
	}
	return b[:size:size], true
}
