package buffers_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
	"github.com/holdfast-gc/holdfast/wasm/internal/buffers"
)

func Example() {
	var held buffers.Held
	address := held.Alloc(5)
	written, _ := held.Bytes(address, 5)
	copy(written, "hello")
	again, ok := held.Bytes(address, 4)
	fmt.Println(string(again), ok)
	held.Free(address)
	_, ok = held.Bytes(address, 4)
	fmt.Println(ok)
	// Output:
	// hell true
	// false
}

func TestWhatIsNoBuffer(t *testing.T) {
	var held buffers.Held
	for _, size := range []uint64{0, abi.AllocMax + 1, 1 << 30, math.MaxUint64} {
		if held.Alloc(size) != 0 {
			t.Errorf("%d bytes were given", size)
		}
	}
	address := held.Alloc(8)
	for _, wrong := range []uintptr{0, 1, address - 1, address + 1, math.MaxUint32} {
		if _, ok := held.Bytes(wrong, 1); ok {
			t.Errorf("%#x is taken for a buffer", wrong)
		}
		held.Free(wrong)
	}
	for size, ok := range map[uint64]bool{0: true, 8: true, 9: false, math.MaxUint64: false} {
		if b, got := held.Bytes(address, size); got != ok || ok && uint64(len(b)) != size {
			t.Errorf("%d of 8 bytes: %v", size, got)
		}
	}
	for range 3 {
		held.Free(address)
	}
	if _, ok := held.Bytes(address, 1); ok {
		t.Error("a buffer that was freed is taken for one")
	}
}

// TestAllThatIsHeld is bounded, and counted right whatever is freed how often.
func TestAllThatIsHeld(t *testing.T) {
	var held buffers.Held
	const size = abi.AllocMax / 2
	for range 2 {
		var all []uintptr
		for range abi.HeldMax / size {
			address := held.Alloc(size)
			if address == 0 {
				t.Fatalf("only %d buffers", len(all))
			}
			all = append(all, address)
		}
		if held.Alloc(1) != 0 {
			t.Error("more than all was given")
		}
		for _, address := range append(all, all...) {
			held.Free(address)
		}
	}
}
