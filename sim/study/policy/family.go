package policy

// A family knows how many children each of a list of candidates has, and which are
// its parents, by their places in the list.
type family struct {
	parents  [][]int
	children []int
}

func newFamily(list []Candidate) family {
	place := make(map[string]int, len(list))
	for at, c := range list {
		place[c.ID] = at
	}
	f := family{make([][]int, len(list)), make([]int, len(list))}
	for at, c := range list {
		for _, id := range c.Parents {
			if parent, ok := place[id]; ok {
				f.parents[at] = append(f.parents[at], parent)
				f.children[parent]++
			}
		}
	}
	return f
}

// drop takes one that has no children out, and returns those of its parents that
// have none any more.
func (f family) drop(at int) (childless []int) {
	for _, parent := range f.parents[at] {
		if f.children[parent]--; f.children[parent] == 0 {
			childless = append(childless, parent)
		}
	}
	return childless
}
