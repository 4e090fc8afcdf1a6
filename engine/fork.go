package engine

import "slices"

// Fork returns an independent node in the same state: the data, the time, the random source, the schedule, the events, and
// the faults with their counts. Later calls on one node do not change the other. It takes constant time; the bytes of blobs
// are shared.
//
// Open handles (transactions, writers, readers) stay with e. The fork lacks the changes of open transactions, and can
// resume open ingests. A Collector of the caller is shared with the fork, unless it is a [Forker]. Forks that Ops created
// stay with e.
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

// Forked returns the fork that an Op created under a name, or nil. Only the goroutine that applies Ops may call it.
func (e *Engine) Forked(name string) *Engine { return e.forks[name] }
