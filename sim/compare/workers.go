package compare

import (
	"errors"
	"sync"
)

// Run does all the work that is left on so many goroutines, one at least, each with one node at a time. After each step
// it calls each, one call at a time, with how far it has come; nil is nobody. Stop, if not nil, is asked before each
// step, by any of the goroutines: true ends it early. The result doesn't depend on the number of goroutines.
func (r *Running) Run(workers int, each func(Progress), stop func() bool) error {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed error
		next   = r.at
		total  = r.Progress().Total
	)
	take := func() *cell {
		mu.Lock()
		defer mu.Unlock()
		if next == len(r.cells) || failed != nil {
			return nil
		}
		next++
		return r.cells[next-1]
	}
	step := func(c *cell) bool {
		if stop != nil && stop() {
			return false
		}
		err := c.step()
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = errors.Join(failed, c.failed(err))
			return false
		}
		r.done++
		if each != nil {
			each(Progress{Done: r.done, Total: total})
		}
		return c.outcome == nil
	}
	for range max(workers, 1) {
		group.Add(1)
		go func() {
			defer group.Done()
			for c := take(); c != nil; c = take() {
				for step(c) {
				}
			}
		}()
	}
	group.Wait()
	r.at = next
	return failed
}
