package compare

import (
	"errors"
	"slices"
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

// work simulates cells to their ends, or for a larger disk until a request fails. It does not simulate cells that have
// the outcome of another one.
func (r *Running) work(left []*cell, workers int, each func(Progress), stop func() bool) error {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed error
		total  = r.total()
		busy   = map[int]int{}     // number of workers by seed
		ended  = map[int][]*cell{} // finished nodes by seed; those with the outcome of another one may lack
	)
	for _, c := range r.cells {
		if c.outcome != nil {
			ended[c.seed] = append(ended[c.seed], c)
		}
	}
	over := func() bool { return failed != nil || r.search != nil && r.search.failed }
	took := func(c *cell, steps int) {
		if err := r.took(c, steps); err != nil {
			failed = errors.Join(failed, err)
		} else if each != nil {
			each(Progress{Done: r.done, Total: total})
		}
	}
	take := func() *cell {
		mu.Lock()
		defer mu.Unlock()
		for len(left) > 0 && !over() {
			// The policies of one node one after the other: a later one may have the outcome of an earlier one.
			at := max(slices.IndexFunc(left, func(c *cell) bool { return busy[c.seed] == 0 }), 0)
			c := left[at]
			left = slices.Delete(left, at, at+1)
			if r.search != nil || !slices.ContainsFunc(ended[c.seed], c.repeat) {
				busy[c.seed]++
				return c
			}
			took(c, c.days)
		}
		return nil
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
		took(c, 1)
		return c.outcome == nil && failed == nil
	}
	for range max(workers, 1) {
		group.Add(1)
		go func() {
			defer group.Done()
			for c := take(); c != nil; c = take() {
				for step(c) {
				}
				mu.Lock()
				if busy[c.seed]--; c.outcome != nil {
					ended[c.seed] = append(ended[c.seed], c)
				}
				mu.Unlock()
			}
		}()
	}
	group.Wait()
	r.skip()
	return failed
}
