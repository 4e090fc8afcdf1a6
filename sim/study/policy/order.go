package policy

import (
	"container/heap"
	"slices"
)

// inOrder calls fn for the candidates that may accepts, in order, but for a parent only after all its children are
// gone. It stops when fn returns more=false. A child that may rejects, or for which fn returns gone=false, keeps its
// parents. inOrder sorts list.
func inOrder(list []Candidate, may func(Candidate) bool, order func(a, b Candidate) int, fn func(Candidate) (gone, more bool)) {
	slices.SortFunc(list, byID)
	slices.SortStableFunc(list, order)
	tree := newFamily(list)
	var ready indexHeap
	for at, c := range list {
		if tree.children[at] == 0 && may(c) {
			ready = append(ready, at) // ascending, which is a heap
		}
	}
	for len(ready) > 0 {
		at := heap.Pop(&ready).(int)
		gone, more := fn(list[at])
		if !more {
			return
		}
		if !gone {
			continue
		}
		for _, parent := range tree.drop(at) {
			if may(list[parent]) {
				heap.Push(&ready, parent)
			}
		}
	}
}

// A family has the parents of each candidate of a list, and its number of remaining children. Candidates are indices.
//
// Invariant: children[p] is the number of candidates not dropped that have p among their parents.
type family struct {
	parents  [][]int
	children []int

	// Memory for reset:
	place map[string]int // by ID
	all   []int          // parents' lists
}

func newFamily(list []Candidate) family {
	f := family{}
	f.reset(list)
	return f
}

// reset makes f the family of a list.
func (f *family) reset(list []Candidate) {
	f.parents, f.children = resize(f.parents, len(list)), resize(f.children, len(list))
	count := 0
	for at := range list {
		count += len(list[at].Parents)
	}
	if count == 0 {
		return
	}
	if f.place == nil {
		f.place = make(map[string]int, len(list))
	}
	clear(f.place)
	for at := range list {
		f.place[list[at].ID] = at
	}
	f.all = slices.Grow(f.all[:0], count)
	for at := range list {
		from := len(f.all)
		for _, id := range list[at].Parents {
			if parent, ok := f.place[id]; ok {
				f.all = append(f.all, parent)
				f.children[parent]++
			}
		}
		f.parents[at] = f.all[from:len(f.all):len(f.all)]
	}
}

// resize returns a list of n zero values, in the memory of another list if that is large enough.
func resize[T any](list []T, n int) []T {
	list = slices.Grow(list[:0], n)[:n]
	clear(list)
	return list
}

// drop removes a candidate without children. It returns the parents that have no children left.
func (f *family) drop(at int) (childless []int) {
	for _, parent := range f.parents[at] {
		if f.children[parent]--; f.children[parent] == 0 {
			childless = append(childless, parent)
		}
	}
	return childless
}

// An indexHeap is a heap of indices, the smallest on top.
type indexHeap []int

func (h indexHeap) Len() int           { return len(h) }
func (h indexHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h indexHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *indexHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *indexHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
