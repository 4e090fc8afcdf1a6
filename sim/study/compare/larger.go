package compare

import (
	"cmp"
	"slices"
)

// Larger is the result of the search for a larger disk. It has the least tried size on which some policy served every
// request of all nodes.
type Larger struct {
	Disk   int64  `json:"disk"`   // bytes; 0 if the load is not served on any tried size
	Policy string `json:"policy"` // name of the policy that served it, the one with the fewest failures if there are several
	Most   int64  `json:"most"`   // the largest tried size, in bytes
}

// A diskSearch tries the policies of a study on larger disks. It runs the nodes of one try at a time and ends a try at
// its first failed request, so most tries are short.
type diskSearch struct {
	tries  []diskTry // by size, then by failures on the study's disk
	at     int       // the try in progress
	cells  []*cell   // its nodes; nil before it begins
	failed bool      // a request failed
	larger *Larger   // nil before the end
}

// A diskTry is one policy on one size of the disk.
type diskTry struct {
	disk   int64
	policy int   // index
	seeds  []int // the nodes with the most failures first
}

// sizeFactors are the tried sizes, relative to the study's disk or the least size that has room for each request.
var sizeFactors = []float64{1, 1.25, 1.5, 2, 3, 4, 6, 8}

// searching reports whether the search for a larger disk has work left, and prepares the next try. It begins the search
// if all nodes are finished and requests failed under each policy that a node can run.
func (r *Running) searching() bool {
	if r.at < len(r.cells) || r.study.FixedDisk {
		return false
	}
	if r.search == nil {
		r.search = r.newSearch()
	}
	s := r.search
	for s.larger == nil {
		switch {
		case s.at == len(s.tries):
			s.larger = &Larger{}
		case s.cells == nil:
			s.begin(r.study)
		case s.failed:
			s.at, s.cells, s.failed = s.at+1, nil, false
		case len(s.open()) == 0:
			try := s.tries[s.at]
			s.larger = &Larger{Disk: try.disk, Policy: r.study.policies[try.policy].Name}
		default:
			return true
		}
	}
	if n := len(s.tries); n > 0 {
		s.larger.Most = s.tries[min(s.at, n-1)].disk
	}
	s.cells = nil
	return false
}

// newSearch returns the search of a finished study, without tries if some policy served the load.
func (r *Running) newSearch() *diskSearch {
	s := &diskSearch{}
	failures := map[int]int{}
	room := int64(0)
	for _, c := range r.cells {
		if !r.study.policies[c.policy].clairvoyant {
			failures[c.policy] += c.outcome.full
		}
		room = max(room, c.outcome.bounds.Room)
	}
	var order []int
	for policy, n := range failures {
		if n == 0 {
			return s
		}
		order = append(order, policy)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(failures[a]-failures[b], a-b) })
	from := max(r.study.Disk, room+r.study.other)
	for _, factor := range sizeFactors {
		size := factor * float64(from)
		if size >= 1<<62 || factor == 1 && from == r.study.Disk {
			continue
		}
		for _, policy := range order {
			s.tries = append(s.tries, diskTry{roundUp(int64(size)), policy, r.seedsOf(policy)})
		}
	}
	return s
}

// seedsOf returns the nodes of a policy, those with the most failures first.
func (r *Running) seedsOf(policy int) (seeds []int) {
	full := map[int]int{}
	for _, c := range r.cells {
		if c.policy == policy {
			full[c.seed] = c.outcome.full
			seeds = append(seeds, c.seed)
		}
	}
	slices.SortFunc(seeds, func(a, b int) int { return cmp.Or(full[b]-full[a], a-b) })
	return seeds
}

func (s *diskSearch) begin(p *plan) {
	try := s.tries[s.at]
	larger := *p
	larger.Disk = try.disk
	for _, seed := range try.seeds {
		s.cells = append(s.cells, &cell{plan: &larger, seed: seed, policy: try.policy})
	}
}

// open returns the unfinished nodes of the try in progress.
func (s *diskSearch) open() (cells []*cell) {
	for _, c := range s.cells {
		if c.outcome == nil {
			cells = append(cells, c)
		}
	}
	return cells
}

// note ends the try if a request of one of its nodes failed.
func (s *diskSearch) note(c *cell) {
	s.failed = s.failed || c.node != nil && c.node.full > 0 || c.outcome != nil && c.outcome.full > 0
}

// left returns the number of steps of the try in progress that are not done.
func (s *diskSearch) left() (steps int) {
	if s == nil {
		return 0
	}
	for _, c := range s.cells {
		steps += c.steps() - c.days
	}
	return steps
}

// roundUp rounds to whole GB, or a smaller size to two digits.
func roundUp(bytes int64) int64 {
	unit := int64(1e9)
	if bytes < 2e9 {
		for unit = 1; bytes/unit >= 100; {
			unit *= 10
		}
	}
	return (bytes + unit - 1) / unit * unit
}
