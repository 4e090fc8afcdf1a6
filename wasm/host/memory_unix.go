//go:build unix

package host

import (
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// A reserved is the memory of an instance: a part of a reservation of addresses, which the system backs with memory when
// it is first used. It grows in place, without a copy, and doesn't belong to Go's heap.
type reserved struct{ all []byte }

// reserve reserves memory. It returns a LinearMemory of Go's heap if the system has too few addresses.
func reserve(capacity, most uint64) experimental.LinearMemory {
	all, err := syscall.Mmap(-1, 0, int(most), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return &copied{make([]byte, 0, capacity)}
	}
	return &reserved{all}
}

func (r *reserved) Reallocate(size uint64) []byte {
	if size > uint64(len(r.all)) {
		return nil
	}
	return r.all[:size]
}

func (r *reserved) Free() {
	if r.all != nil {
		_ = syscall.Munmap(r.all) // it can't fail for a whole mapping
		r.all = nil
	}
}
