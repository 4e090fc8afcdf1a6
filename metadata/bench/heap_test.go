package bench

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// heapUse is the memory of a process with one aged database and its backends, less the memory that the process had
// before. All numbers are bytes.
type heapUse struct {
	heap     int64 // live on the Go heap, without the backends
	kept     int64 // the part of heap that a collection keeps for the next one
	backends int64 // live on the Go heap, of the backends alone
	resident int64 // in memory, after unused memory is returned to the system
	shared   int64 // the part of resident that consists of pages of files: bbolt's mapped file
	peak     int64 // the largest resident size during a collection
}

// measureHeap builds a database, and measures the process. It needs a process of its own, and ends its database.
func measureHeap(open func() *side, objects int) (u heapUse, err error) {
	heapBefore := liveHeap()
	residentBefore, sharedBefore := resident()
	db, err := newAgedDB(open(), objects)
	if err != nil {
		return u, err
	}
	u.heap = liveHeap() - heapBefore
	u.resident, u.shared = resident()
	u.resident, u.shared = u.resident-residentBefore, u.shared-sharedBefore
	for _, name := range []string{"cold", "deleted"} {
		s, err := situationOf(name)
		if err != nil {
			return u, err
		}
		peak, err := db.peakOf(s)
		if err != nil {
			return u, err
		}
		u.peak = max(u.peak, peak-residentBefore)
	}
	kept := liveHeap()
	if db.side, err = db.reopen(); err != nil {
		return u, err
	}
	u.kept = kept - liveHeap()
	backends := db.backends
	db.side = nil
	u.backends = liveHeap() - heapBefore
	u.heap -= u.backends
	runtime.KeepAlive(backends)
	return u, nil
}

// peakOf returns the largest resident size during the collection of a situation.
func (db *agedDB) peakOf(s situation) (int64, error) {
	if err := db.prepare(s); err != nil {
		return 0, err
	}
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // resets VmHWM
		return 0, err
	}
	if _, err := db.measureCollection(); err != nil {
		return 0, err
	}
	peak := statusOf("VmHWM")
	return peak, db.restore(s)
}

// liveHeap returns the bytes of reachable objects.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // also frees objects with finalizers, and the victims of pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// resident returns the resident size of the process, and the part of it that consists of pages of files.
func resident() (all, shared int64) {
	debug.FreeOSMemory()
	return statusOf("VmRSS"), statusOf("RssFile") + statusOf("RssShmem")
}

// statusOf returns a size from the status of the process, in bytes. Only Linux reports it; elsewhere it is 0.
func statusOf(field string) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	line := regexp.MustCompile(`(?m)^` + field + `:.*`).FindString(string(status))
	var kilobytes int64
	fmt.Sscanf(strings.TrimPrefix(line, field+":"), "%d kB", &kilobytes)
	return kilobytes * 1024
}

// heapQuantities are the parts of a heapUse.
var heapQuantities = []struct {
	name string
	get  func(heapUse) int64
}{
	{"heap-B", func(u heapUse) int64 { return u.heap }},
	{"kept-B", func(u heapUse) int64 { return u.kept }},
	{"backends-B", func(u heapUse) int64 { return u.backends }},
	{"resident-B", func(u heapUse) int64 { return u.resident }},
	{"shared-B", func(u heapUse) int64 { return u.shared }},
	{"peak-B", func(u heapUse) int64 { return u.peak }},
}

// BenchmarkHeap measures the memory of this module alone, in another process. For example:
//
//	go test ./metadata/bench -run '^$' -bench 'Heap/100k' -benchtime 1x
func BenchmarkHeap(b *testing.B) {
	for _, size := range scales {
		b.Run(size.name, func(b *testing.B) {
			for b.Loop() {
				w := startWorker(b, implementations[0], size.objects)
				use := w.ask(b, "heap")
				w.stop(b)
				for unit, value := range use {
					b.ReportMetric(float64(value)/float64(size.objects), strings.TrimSuffix(unit, "B")+"B/object")
				}
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
