package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"weak"
)

// The pace. For example, 2 MB of live objects are collected after 18 MB of allocations, 60 MB after 30 MB.
const (
	smallGarbage = 18 << 20 // bytes that may be allocated between collections, at least
	leastPercent = 50       // the same for a large heap, in percent of the live objects

	// within is the number of bytes more after which the runtime begins a collection within a call.
	within = smallGarbage

	// checkEvery is the number of calls after which the allocations are measured, which takes some microseconds.
	checkEvery = 64

	// muchData is the number of bytes of requests and responses from which their calls may have allocated much. Then
	// the allocations are measured at once.
	muchData = 16 << 10

	// largeRequest is the number of bytes from which a request is most of the garbage after its call. The garbage is
	// then collected when the host frees the request.
	largeRequest = 1 << 20

	// leastHeap is the size of the live objects that the runtime assumes at least: its first goal is 4 MB at 100
	// percent.
	leastHeap = 4 << 20
)

// The measured values.
const (
	liveBytes = iota // of objects that the last collection found
	allocated        // bytes since the start
)

// A Pacer collects garbage between calls. It is not safe for concurrent use.
type Pacer struct {
	calls     int                    // since the last measurement
	data      int                    // bytes of their requests and responses
	collected uint64                 // bytes allocated before the last collection that the Pacer knows
	percent   int                    // that is set; 0 for the default
	epoch     weak.Pointer[[64]byte] // has no value after a collection
	samples   [allocated + 1]metrics.Sample
}

// NewPacer returns a Pacer for a program that has just started.
func NewPacer() *Pacer {
	p := &Pacer{}
	p.samples[liveBytes].Name = "/gc/heap/live:bytes"
	p.samples[allocated].Name = "/gc/heap/allocs:bytes"
	p.pace(0)
	return p
}

// Before is called before a buffer of size bytes is allocated for a request.
func (p *Pacer) Before(size uint32) {
	if size >= muchData {
		p.measure(uint64(size), 0)
	}
}

// After is called after a call with the sizes of its request and response in bytes. long says that the call may have
// allocated much more than that. released says that it has released a node, a file or a job.
func (p *Pacer) After(request, response int, long, released bool) {
	p.calls++
	p.data += request + response
	if request >= largeRequest {
		return
	}
	if long || released || p.data >= muchData || p.calls >= checkEvery {
		p.measure(0, 0)
	}
}

// Freed is called after a buffer of size bytes was freed.
func (p *Pacer) Freed(size uint64) {
	if size >= largeRequest {
		p.measure(0, size)
	}
}

// measure collects garbage if enough was allocated, or if next bytes are too many without a collection. A heap that is
// much smaller than the next bytes is not worth it. A buffer of freed bytes is garbage, whenever it was allocated.
func (p *Pacer) measure(next, freed uint64) {
	p.calls, p.data = 0, 0
	metrics.Read(p.samples[:])
	if p.epoch.Value() == nil {
		p.begin()
	}
	garbage := p.samples[allocated].Value.Uint64() - p.collected + freed
	if garbage+next > p.budget() && p.live()+garbage > next/4 {
		runtime.GC()
		metrics.Read(p.samples[:])
		p.begin()
	}
	p.pace(next)
}

// begin notes that a collection has ended.
func (p *Pacer) begin() {
	p.epoch = weak.Make(new([64]byte))
	p.collected = p.samples[allocated].Value.Uint64()
}

// budget returns the bytes that may be allocated between collections.
func (p *Pacer) budget() uint64 {
	return max(smallGarbage, p.live()*leastPercent/100)
}

func (p *Pacer) live() uint64 {
	if p.samples[liveBytes].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return p.samples[liveBytes].Value.Uint64()
}

// pace sets when the runtime begins a collection on its own, with next bytes of live objects more. It ignores small
// changes: setting it takes microseconds.
func (p *Pacer) pace(next uint64) {
	percent := int((p.budget() + within) * 100 / max(p.live()+next, leastHeap))
	if change := percent - p.percent; change >= -percent/4 && change <= percent/4 {
		return
	}
	p.percent = percent
	debug.SetGCPercent(percent)
}
