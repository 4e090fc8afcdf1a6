package buffers_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/buffers"
)

func Example() {
	var table buffers.Table
	address := table.Alloc(5)
	written, _ := table.Bytes(address, 5)
	copy(written, "hello")
	again, ok := table.Bytes(address, 4)
	fmt.Println(string(again), ok)
	table.Free(address)
	_, ok = table.Bytes(address, 4)
	fmt.Println(ok)
	// Output:
	// hell true
	// false
}

func TestUnknownAddresses(t *testing.T) {
	var table buffers.Table
	for _, size := range []uint64{0, abi.AllocMax + 1, 1 << 30, math.MaxUint64} {
		if table.Alloc(size) != 0 {
			t.Errorf("Alloc(%d) succeeded", size)
		}
	}
	address := table.Alloc(8)
	for _, wrong := range []uintptr{0, 1, address - 1, address + 1, math.MaxUint32} {
		if _, ok := table.Bytes(wrong, 1); ok {
			t.Errorf("Bytes accepts the unknown address %#x", wrong)
		}
		table.Free(wrong)
	}
	for size, ok := range map[uint64]bool{0: true, 8: true, 9: false, math.MaxUint64: false} {
		if b, got := table.Bytes(address, size); got != ok || ok && uint64(len(b)) != size {
			t.Errorf("%d of 8 bytes: %v", size, got)
		}
	}
	for range 3 {
		table.Free(address)
	}
	if _, ok := table.Bytes(address, 1); ok {
		t.Error("Bytes accepts a freed buffer")
	}
}

// TestHeldMax fills the table twice. Freeing each buffer twice must not change the count of bytes.
func TestHeldMax(t *testing.T) {
	var table buffers.Table
	const size = abi.AllocMax / 2
	for range 2 {
		var all []uintptr
		for range abi.HeldMax / size {
			address := table.Alloc(size)
			if address == 0 {
				t.Fatalf("Alloc failed after %d buffers", len(all))
			}
			all = append(all, address)
		}
		if table.Alloc(1) != 0 {
			t.Error("Alloc exceeds HeldMax")
		}
		for _, address := range append(all, all...) {
			table.Free(address)
		}
	}
}
