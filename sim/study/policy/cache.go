package policy

import (
	"cmp"
	"slices"
	"time"
)

// A cache is a build cache while a rule prunes it. Records are known by their place
// in it.
type cache struct {
	records []Candidate // by ID
	family  family
	takes   []bool // that the rule is for it and it is still there
	byUse   []int  // those that the rule is for, by last use
	byCount []int  // the same, by usage count
}

func newCache(records []Candidate, takes func(Candidate) bool) *cache {
	c := &cache{records: records, family: newFamily(records), takes: make([]bool, len(records))}
	for at, r := range records {
		if c.takes[at] = !r.InUse && takes(r); c.takes[at] {
			c.byUse = append(c.byUse, at)
		}
	}
	c.byCount = slices.Clone(c.byUse)
	slices.SortStableFunc(c.byUse, func(a, b int) int { return records[a].LastUsed.Compare(records[b].LastUsed) })
	slices.SortStableFunc(c.byCount, func(a, b int) int { return cmp.Compare(records[a].Uses, records[b].Uses) })
	return c
}

// total is what buildkit counts: not what it shares with images, and nothing yet
// of what is being written.
func (c *cache) total() (bytes int64) {
	for _, r := range c.records {
		if !r.Shared && !(r.InUse && r.Mutable) {
			bytes += r.Size
		}
	}
	return bytes
}

// free reports whether a record can go now: its children have gone.
func (c *cache) free(at int) bool { return c.takes[at] && c.family.children[at] == 0 }

// drop takes a record out.
func (c *cache) drop(at int) {
	c.takes[at] = false
	c.family.drop(at)
}

// some are up to n records that can go now, by ID.
func (c *cache) some(n int) (list []int) {
	for at := range c.records {
		if len(list) == n {
			break
		}
		if c.free(at) {
			list = append(list, at)
		}
	}
	return list
}

// lowest is the one record with the lowest score of those that can go now, none if
// there is none. The score is the rank by last use plus the rank by usage count,
// each as a part of the highest there is.
func (c *cache) lowest() []int {
	use := newRanks(len(c.records))
	var last time.Time
	for _, at := range c.byUse {
		if c.free(at) {
			use.add(at, c.records[at].LastUsed.After(last))
			last = c.records[at].LastUsed
		}
	}
	count := newRanks(len(c.records))
	uses := 0
	for _, at := range c.byCount {
		if c.free(at) {
			count.add(at, c.records[at].Uses != uses)
			uses = c.records[at].Uses
		}
	}
	best, found := 0.0, -1
	for at := range c.records {
		if !c.free(at) {
			continue
		}
		if score := use.of(at) + count.of(at); found < 0 || score < best {
			best, found = score, at
		}
	}
	if found < 0 {
		return nil
	}
	return []int{found}
}

// ranks number records upward from 1.
type ranks struct {
	rank []int
	last int
}

func newRanks(n int) *ranks { return &ranks{rank: make([]int, n), last: 1} }

// add gives the next record the rank of the one before, or a new one.
func (r *ranks) add(at int, higher bool) {
	if higher {
		r.last++
	}
	r.rank[at] = r.last
}

func (r *ranks) of(at int) float64 { return float64(r.rank[at]) / float64(r.last) }
