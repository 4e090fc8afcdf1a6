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
		{"much garbage, measured now and then", 320, 1 << 20, false, 5, 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			if n := collections(row.calls, row.size, row.long); n < row.least || n > row.most {
				t.Errorf("%d collections, want %d to %d", n, row.least, row.most)
			}
		})
	}
}

// TestPacerBefore checks that a large request is preceded by a collection.
func TestPacerBefore(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	p := heap.NewPacer()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p.Before(100 << 20)
	runtime.ReadMemStats(&after)
	if after.NumForcedGC != before.NumForcedGC+1 {
		t.Error("no collection before a request of 100 MiB")
	}
}
