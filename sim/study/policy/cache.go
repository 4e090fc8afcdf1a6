package policy

import (
	"cmp"
	"slices"
	"time"
)

// A cache is the state of a build cache while a rule prunes it. Records are indices.
//
// Invariant: byUse and byCount are permutations of the records that the rule selected at the start; selected[i] is
// false for dropped records.
type cache struct {
	records  []Candidate // by ID
	family   family
	selected []bool // by the rule, and not dropped
	byUse    []int  // selected records, by last use
	byCount  []int  // selected records, by usage count
}

func newCache(records []Candidate, selects func(Candidate) bool) *cache {
	c := &cache{records: records, family: newFamily(records), selected: make([]bool, len(records))}
	for at, r := range records {
		if c.selected[at] = !r.InUse && selects(r); c.selected[at] {
			c.byUse = append(c.byUse, at)
		}
	}
	c.byCount = slices.Clone(c.byUse)
	slices.SortStableFunc(c.byUse, func(a, b int) int { return records[a].LastUsed.Compare(records[b].LastUsed) })
	slices.SortStableFunc(c.byCount, func(a, b int) int { return cmp.Compare(records[a].Uses, records[b].Uses) })
	return c
}

// sizeOf returns the size that buildkit counts: without records shared with images, and without records being written.
func sizeOf(records []Candidate) (bytes int64) {
	for _, r := range records {
		if !r.Shared && !(r.InUse && r.Mutable) {
			bytes += r.Size
		}
	}
	return bytes
}

// free reports whether a record can be removed now: it is selected, and its children are gone.
func (c *cache) free(at int) bool { return c.selected[at] && c.family.children[at] == 0 }

// drop removes a record.
func (c *cache) drop(at int) {
	c.selected[at] = false
	c.family.drop(at)
}

// some returns up to n records that can be removed now, by ID.
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

// lowest returns the record with the lowest score among those that can be removed now; nothing if there is none. The
// score is the rank by last use plus the rank by usage count, each divided by the highest rank.
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

// ranks numbers records upward from 1.
type ranks struct {
	rank []int
	last int
}

func newRanks(n int) *ranks { return &ranks{rank: make([]int, n), last: 1} }

// add gives the next record a new rank if it is higher than the previous record, or else the same rank.
func (r *ranks) add(at int, higher bool) {
	if higher {
		r.last++
	}
	r.rank[at] = r.last
}

func (r *ranks) of(at int) float64 { return float64(r.rank[at]) / float64(r.last) }
