package compare

import "fmt"

// Running is a study in progress. It has no clock and starts no goroutines, so it also runs in a WebAssembly guest.
// Call Step until it is done, or Run. Not safe for concurrent use. Invariant: all cells before at are finished.
type Running struct {
	study *plan
	cells []*cell
	at    int // index of the next cell to work on
	done  int // number of finished steps

	journal *Journal // of finished nodes; nil for none
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
	if r.at == len(r.cells) {
		return true, nil
	}
	c := r.cells[r.at]
	if err := c.step(); err != nil {
		return true, c.failed(err)
	}
	if err := r.record(c); err != nil {
		return true, err
	}
	r.done++
	r.skip()
	return r.at == len(r.cells), nil
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
	Series []Point `json:"series"`
}

// Progress returns the progress of the study. During Run it has the counters only, and names no node.
func (r *Running) Progress() Progress {
	p := Progress{Done: r.done, Total: len(r.cells) * r.study.steps(), Series: []Point{}}
	if r.at < len(r.cells) {
		c := r.cells[r.at]
		p.Policy, p.Index, p.Seed, p.Day = r.study.policies[c.policy].Name, c.policy, r.study.Seed+uint64(c.seed), c.days
		p.Series = average([]*cell{c})
	}
	return p
}

// Policies returns the names of the compared combinations, in order.
func (r *Running) Policies() (names []string) {
	for _, p := range r.study.policies {
		names = append(names, p.Name)
	}
	return names
}

// Result returns the result of the study. Before its end, the result omits unfinished nodes.
func (r *Running) Result() *Result { return r.study.result(r.cells) }
