package engine

import "slices"

// Fork returns an independent node in the same state: what is stored, the time,
// what chance will bring, the schedule, the events, the faults and their counts.
// Neither sees what happens to the other. It takes the same time whatever is
// stored; bytes of blobs are shared.
//
// Handles that are open (transactions, writers, readers) stay with e: the fork
// is without what an open transaction has not committed, and its ingests can be
// resumed. A Collector of the caller's own is shared with the fork, unless it is
// a Forker. Forks that Ops made of e stay with e.
func (e *Engine) Fork() *Engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	f := newEngine(e.options)
	f.clock.Set(e.clock.Now())
	f.random.pcg = e.random.state()
	f.events = slices.Clip(e.events)
	f.faults = slices.Clone(e.faults)
	if e.policy != nil {
		f.policy = e.policy.Clone()
	}
	for _, r := range e.collectors {
		if c, ok := r.collector.(Forker); ok {
			r.collector = c.Fork()
		}
		f.collectors = append(f.collectors, r)
	}
	f.daemon = e.daemon.fork(f)
	f.daemon.adopt()
	return f
}

// Forked returns the fork of that name that an Op made, or nil. It is for the goroutine that applies Ops.
func (e *Engine) Forked(name string) *Engine { return e.forks[name] }
