package compare

import (
	"errors"
	"sync"
)

// Run does the remaining work on a number of goroutines, at least one, each with one node at a time. It calls each with
// the progress after each step, and stop before each step; if stop returns true, Run ends early, and a later Run or
// Step continues. Both may be nil; calls of both are serialized. The result does not depend on the number of
// goroutines.
func (r *Running) Run(workers int, each func(Progress), stop func() bool) error {
	stopped := func() bool { return stop != nil && stop() }
	if err := r.work(r.unfinished(), workers, each, stopped); err != nil {
		return err
	}
	for r.skip(); r.searching() && !stopped(); {
		if err := r.work(r.search.open(), workers, each, stopped); err != nil {
			return err
		}
	}
	return nil
}

func (r *Running) unfinished() (cells []*cell) {
	for _, c := range r.cells {
		if c.outcome == nil {
			cells = append(cells, c)
		}
	}
	return cells
}

// work simulates cells to their ends, or for a larger disk until a request fails.
func (r *Running) work(left []*cell, workers int, each func(Progress), stop func() bool) error {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed error
		total  = r.total()
	)
	over := func() bool { return failed != nil || r.search != nil && r.search.failed }
	take := func() *cell {
		mu.Lock()
		defer mu.Unlock()
		if len(left) == 0 || over() {
			return nil
		}
		c := left[0]
		left = left[1:]
		return c
	}
	step := func(c *cell) bool {
		mu.Lock()
		stopped := stop() || over()
		mu.Unlock()
		if stopped {
			return false
		}
		err := c.step()
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			failed = errors.Join(failed, c.failed(err))
			return false
		}
		if err := r.took(c); err != nil {
			failed = errors.Join(failed, err)
			return false
		}
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
	r.skip()
	return failed
}
