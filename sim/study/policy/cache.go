package policy

import (
	"cmp"
	"slices"
	"time"
)

// A cache is the state of a build cache while a rule prunes it. Records are indices.
//
// Invariants: selected[i] is false for dropped records, and for records that the rule selects no more. byUse and
// byCount are permutations of the same records, among them all that can be removed now.
type cache struct {
	records  []Candidate // by ID
	selects  func(*Candidate) bool
	family   family
	users    []int  // number of children with UsesParents
	selected []bool // by the rule, and not dropped
	byUse    []int  // by last use
	byCount  []int  // by usage count
	use      ranks  // of byUse
	count    ranks  // of byCount
}

// reset makes c the cache of records for a rule, and reports whether the rule selects any of them.
func (c *cache) reset(records []Candidate, selects func(*Candidate) bool) bool {
	c.records, c.selects, c.selected = records, selects, resize(c.selected, len(records))
	found := false
	for at := range records {
		r := &records[at]
		c.selected[at] = !r.InUse && selects(r)
		found = found || c.selected[at]
	}
	if !found {
		return false
	}
	c.family.reset(records)
	c.users = resize(c.users, len(records))
	c.use.rank, c.count.rank = resize(c.use.rank, len(records)), resize(c.count.rank, len(records))
	for at := range records {
		if records[at].UsesParents {
			for _, parent := range c.family.parents[at] {
				c.users[parent]++
			}
		}
	}
	c.sort()
	return true
}

// sort makes byUse and byCount anew.
func (c *cache) sort() {
	c.byUse = c.byUse[:0]
	for at := range c.records {
		if c.free(at) {
			c.byUse = append(c.byUse, at)
		}
	}
	c.byCount = append(c.byCount[:0], c.byUse...)
	slices.SortFunc(c.byUse, c.compareUse)
	slices.SortFunc(c.byCount, c.compareCount)
}

func (c *cache) compareUse(a, b int) int {
	return c.records[a].LastUsed.Compare(c.records[b].LastUsed)
}

func (c *cache) compareCount(a, b int) int { return cmp.Compare(c.records[a].Uses, c.records[b].Uses) }

// sizeOf returns the size that buildkit counts: without records shared with images and their ancestors, and without
// records being written. Records are sorted by ID.
func sizeOf(records []Candidate) (bytes int64) {
	shared := map[int]bool{}
	var share func(at int)
	share = func(at int) {
		if shared[at] {
			return
		}
		shared[at] = true
		for _, id := range records[at].Parents {
			if parent, found := find(records, id); found {
				share(parent)
			}
		}
	}
	for at := range records {
		if records[at].Shared {
			share(at)
		}
	}
	for at := range records {
		if r := &records[at]; !shared[at] && !(r.InUse && r.Mutable) {
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
	for _, parent := range c.family.drop(at) {
		if c.selected[parent] {
			c.byUse = insert(c.byUse, parent, c.compareUse)
			c.byCount = insert(c.byCount, parent, c.compareCount)
		}
	}
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

// insert inserts a record into a sorted list.
func insert(list []int, at int, compare func(a, b int) int) []int {
	place, _ := slices.BinarySearchFunc(list, at, compare)
	return slices.Insert(list, place, at)
}

// update notes that a record was used.
func (c *cache) update(at int) {
	if c.selected[at] {
		c.selected[at] = c.selects(&c.records[at])
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

// lowest returns the record with the lowest score among those that can be removed now, of several the first by ID;
// nothing if there is none. The score is the rank by last use plus the rank by usage count, each divided by the highest
// rank.
func (c *cache) lowest() []int {
	gone := func(at int) bool { return !c.free(at) }
	c.byUse, c.byCount = slices.DeleteFunc(c.byUse, gone), slices.DeleteFunc(c.byCount, gone)
	if len(c.byUse) == 0 {
		return nil
	}
	var last time.Time
	c.use.last = 1
	for _, at := range c.byUse {
		used := c.records[at].LastUsed
		c.use.add(at, used.After(last))
		last = used
	}
	uses := 0
	c.count.last = 1
	for _, at := range c.byCount {
		c.count.add(at, c.records[at].Uses != uses)
		uses = c.records[at].Uses
	}
	best, found := 0.0, -1
	for _, at := range c.byUse {
		if score := c.use.of(at) + c.count.of(at); found < 0 || score < best || score == best && at < found {
			best, found = score, at
		}
	}
	return []int{found}
}

// ranks numbers records upward from 1.
type ranks struct {
	rank []int
	last int
}

// add gives the next record a new rank if it is higher than the previous record, or else the same rank.
func (r *ranks) add(at int, higher bool) {
	if higher {
		r.last++
	}
	r.rank[at] = r.last
}

func (r *ranks) of(at int) float64 { return float64(r.rank[at]) / float64(r.last) }
