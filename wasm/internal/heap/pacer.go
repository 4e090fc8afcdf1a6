// Package heap paces Go's garbage collector in the module, whose memory never shrinks: an instance keeps the largest size
// that its heap ever had. A small heap is collected rarely, because each run stops the module's only thread. A large heap
// is collected before its garbage exceeds a fraction of the live objects.
package heap

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"weak"
)

// Pacing of the collector. For example, 2 MB of live objects and no request leave room for 24 MB of garbage, and 60 MB of
// live objects for 30 MB.
const (
	smallGarbage = 24 << 20 // bytes of garbage that are always allowed
	leastPercent = 50       // bytes of garbage that a large heap may have, in percent of the live objects
	mostPercent  = 800

	// collectAbove is the number of bytes of live objects above which Collect runs the collector.
	collectAbove = 8 << 20

	// requestFactor is the ratio of the objects that the module makes from a request to the size of the request, as far as
	// they are known before: a compressed database needs more, and the collector then runs more often.
	requestFactor = 1
)

// A Pacer sets the collector's parameters between calls. The zero value is ready for use. It is not safe for concurrent
// use.
type Pacer struct {
	percent int                    // the percentage that is set; 0 before the first call
	live    uint64                 // bytes of live objects at the end of the last known run
	epoch   weak.Pointer[[64]byte] // has no value after a run
	sample  [1]metrics.Sample      // reused
}

// Prepare is called before a request of size bytes is handled.
func (p *Pacer) Prepare(size uint64) {
	if p.epoch.Value() == nil {
		p.epoch = weak.Make(new([64]byte))
		p.sample[0].Name = "/gc/heap/live:bytes"
		metrics.Read(p.sample[:])
		p.live = p.sample[0].Value.Uint64()
	}
	p.pace(p.live + requestFactor*size)
}

// Collect is called after objects were released. It runs the collector if there may be much garbage.
func (p *Pacer) Collect() {
	if p.live < collectAbove {
		return
	}
	runtime.GC()
	p.Prepare(0)
}

// pace sets the percentage for a number of live bytes. It ignores small changes: setting it costs microseconds.
func (p *Pacer) pace(live uint64) {
	percent := int(min(max(smallGarbage*100/max(live, 1), leastPercent), mostPercent))
	if change := percent - p.percent; change >= -percent/4 && change <= percent/4 {
		return
	}
	p.percent = percent
	debug.SetGCPercent(percent)
}
