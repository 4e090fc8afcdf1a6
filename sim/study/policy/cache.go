package policy

import (
	"cmp"
	"slices"
	"time"
)

// A cache is the state of a build cache while a rule prunes it. Records are indices.
//
// Invariant: byUse and byCount are permutations of the records that the rule selected at the start; selected[i] is
// false for dropped records, and for records that the rule selects no more.
type cache struct {
	records  []Candidate // by ID
	selects  func(Candidate) bool
	family   family
	users    []int  // number of children with UsesParents
	selected []bool // by the rule, and not dropped
	byUse    []int  // selected records, by last use
	byCount  []int  // selected records, by usage count
}

func newCache(records []Candidate, selects func(Candidate) bool) *cache {
	c := &cache{
		records: records, selects: selects, family: newFamily(records),
		users: make([]int, len(records)), selected: make([]bool, len(records)),
	}
	for at, r := range records {
		if c.selected[at] = !r.InUse && selects(r); c.selected[at] {
			c.byUse = append(c.byUse, at)
		}
		if r.UsesParents {
			for _, parent := range c.family.parents[at] {
				c.users[parent]++
			}
		}
	}
	c.byCount = slices.Clone(c.byUse)
	c.sort()
	return c
}

func (c *cache) sort() {
	slices.SortStableFunc(c.byUse, func(a, b int) int { return c.records[a].LastUsed.Compare(c.records[b].LastUsed) })
	slices.SortStableFunc(c.byCount, func(a, b int) int { return cmp.Compare(c.records[a].Uses, c.records[b].Uses) })
}

// sizeOf returns the size that buildkit counts: without records shared with images and their ancestors, and without
// records being written. Records are sorted by ID.
func sizeOf(records []Candidate) (bytes int64) {
	shared := make([]bool, len(records))
	var share func(at int)
	share = func(at int) {
		if shared[at] {
			return
		}
		shared[at] = true
		for _, id := range records[at].Parents {
			parent, found := slices.BinarySearchFunc(records, id, func(c Candidate, id string) int { return cmp.Compare(c.ID, id) })
			if found {
				share(parent)
			}
		}
	}
	for at, r := range records {
		if r.Shared {
			share(at)
		}
	}
	for at, r := range records {
		if !shared[at] && !(r.InUse && r.Mutable) {
			bytes += r.Size
		}
	}
	return bytes
}

// free reports whether a record can be removed now: it is selected, and its children are gone.
func (c *cache) free(at int) bool { return c.selected[at] && c.family.children[at] == 0 }

// drop removes a record. If it has UsesParents, drop returns the unused parents without another child that has it.
func (c *cache) drop(at int) (parents []int) {
	c.selected[at] = false
	c.family.drop(at)
	if !c.records[at].UsesParents {
		return nil
	}
	for _, parent := range c.family.parents[at] {
		if c.users[parent]--; c.users[parent] == 0 && !c.records[parent].InUse {
			parents = append(parents, parent)
		}
	}
	return parents
}

// update notes that a record was used.
func (c *cache) update(at int) {
	if c.selected[at] {
		c.selected[at] = c.selects(c.records[at])
		c.sort()
	}
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
