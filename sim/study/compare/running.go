package compare

import "fmt"

// Running is a study in progress. It has no clock and starts no goroutines, so it also runs in a WebAssembly guest.
// Call Step until it is done, or Run. Not safe for concurrent use. Invariant: all cells before at are finished.
type Running struct {
	study *plan
	cells []*cell
	at    int // index of the next cell to work on
	done  int // number of finished steps

	search  *diskSearch // nil before all cells are finished
	journal *Journal    // of finished nodes; nil for none
}

// Begin starts a study. Error: ErrInvalidArgument.
func Begin(s Study) (*Running, error) {
	p, err := s.study()
	if err != nil {
		return nil, err
	}
	r := &Running{study: p}
	for seed := range p.Seeds {
		for policy := range p.policies {
			r.cells = append(r.cells, &cell{plan: p, seed: seed, policy: policy})
		}
	}
	return r, nil
}

// Step simulates one virtual day of one node, and reports whether it was the last step. An error ends the study.
func (r *Running) Step() (done bool, err error) {
	c := r.current()
	if c == nil {
		return true, nil
	}
	if err := r.step(c); err != nil {
		return true, err
	}
	return r.current() == nil, nil
}

// current returns the cell to work on next; nil at the end.
func (r *Running) current() *cell {
	if r.skip(); r.at < len(r.cells) {
		return r.cells[r.at]
	}
	if r.searching() {
		return r.search.open()[0]
	}
	return nil
}

// step simulates a day of a cell and takes note of it.
func (r *Running) step(c *cell) error {
	if err := c.step(); err != nil {
		return c.failed(err)
	}
	return r.took(c, 1)
}

// took notes simulated days of a cell.
func (r *Running) took(c *cell, days int) error {
	r.done += days
	if r.search != nil {
		r.search.note(c)
		return nil
	}
	return r.record(c)
}

// skip advances to the next unfinished cell.
func (r *Running) skip() {
	for r.at < len(r.cells) && r.cells[r.at].outcome != nil {
		r.at++
	}
}

func (c *cell) failed(err error) error {
	return fmt.Errorf("policy %q, seed %d: %w", c.policies[c.policy].spec(), c.Seed+uint64(c.seed), err)
}

// Progress is the progress of a study.
type Progress struct {
	Done  int `json:"done"` // steps
	Total int `json:"total"`

	// The node being simulated, with its series so far. Policy is "" at the end.
	Policy string  `json:"policy"` // its name
	Index  int     `json:"index"`  // of the policy
	Seed   uint64  `json:"seed"`
	Day    int     `json:"day"`
	Disk   int64   `json:"disk,omitempty"` // bytes, if it is a try of another size than the study's
	Series []Point `json:"series"`
}

// Progress returns the progress of the study. During Run it has the counters only, and names no node. The total grows
// with each try of a larger disk.
func (r *Running) Progress() Progress {
	c := r.current()
	p := Progress{Done: r.done, Total: r.total(), Series: []Point{}}
	if c != nil {
		p.Policy, p.Index, p.Seed, p.Day = c.policies[c.policy].Name, c.policy, c.Seed+uint64(c.seed), c.days
		p.Series = average([]*cell{c})
		if c.Disk != r.study.Disk {
			p.Disk = c.Disk
		}
	}
	return p
}

// total returns the number of known steps.
func (r *Running) total() int {
	left := r.search.left()
	for _, c := range r.cells {
		left += c.steps() - c.days
	}
	return r.done + left
}

// Policies returns the names of the compared combinations, in order.
func (r *Running) Policies() (names []string) {
	for _, p := range r.study.policies {
		names = append(names, p.Name)
	}
	return names
}

// Result returns the result of the study. Before its end, the result omits unfinished nodes.
func (r *Running) Result() *Result {
	result := r.study.result(r.cells)
	if r.search != nil && r.search.larger != nil && len(r.search.tries) > 0 {
		result.Larger = r.search.larger
	}
	return result
}
