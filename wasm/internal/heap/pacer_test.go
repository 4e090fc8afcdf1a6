package heap_test

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/holdfast-gc/holdfast/wasm/internal/heap"
)

var garbage []byte

// collections counts the collections of a Pacer while calls allocate.
func collections(calls, size int, long bool) uint32 {
	p := heap.NewPacer()
	var before, after runtime.MemStats
	runtime.GC()
	p.After(0, 0, true, false)
	runtime.ReadMemStats(&before)
	for range calls {
		garbage = make([]byte, size)
		p.After(0, 0, long, false)
	}
	runtime.ReadMemStats(&after)
	return after.NumForcedGC - before.NumForcedGC
}

// TestPacer checks that a Pacer collects after enough allocations, and not before.
func TestPacer(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for _, row := range []struct {
		name        string
		calls, size int
		long        bool
		least, most uint32
	}{
		{"little garbage", 1000, 1 << 10, false, 0, 0},
		{"much garbage", 100, 1 << 20, true, 2, 6},
		{"much garbage, measured now and then", 3200, 100 << 10, false, 5, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			if n := collections(row.calls, row.size, row.long); n < row.least || n > row.most {
				t.Errorf("%d collections, want %d to %d", n, row.least, row.most)
			}
		})
	}
}

// forced counts the collections that f causes, not those of the runtime.
func forced(f func()) uint32 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.NumForcedGC - before.NumForcedGC
}

// TestPacerBefore checks that a large request is preceded by a collection, unless the heap is much smaller.
func TestPacerBefore(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	p := heap.NewPacer()
	runtime.GC()
	if n := forced(func() { p.Before(1000 << 20) }); n != 0 {
		t.Errorf("%d collections before a request that is much larger than the heap", n)
	}
	p.After(0, 0, true, false) // the next request is small again
	garbage = make([]byte, 20<<20)
	if n := forced(func() { p.Before(60 << 20) }); n != 1 {
		t.Errorf("%d collections before a request of 60 MiB, want 1", n)
	}
}

// TestPacerFreed checks that a large request is collected when it is freed, and not before.
func TestPacerFreed(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	const size = 100 << 20
	p := heap.NewPacer()
	p.Before(size)
	garbage = make([]byte, size)
	if n := forced(func() { p.After(size, 100, false, false) }); n != 0 {
		t.Errorf("%d collections after the call, while the request is in use", n)
	}
	garbage = nil
	if n := forced(func() { p.Freed(size) }); n != 1 {
		t.Errorf("%d collections after the request was freed, want 1", n)
	}
}
