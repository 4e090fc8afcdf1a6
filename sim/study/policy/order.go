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
}

func newFamily(list []Candidate) family {
	f := family{make([][]int, len(list)), make([]int, len(list))}
	count := 0
	for at := range list {
		count += len(list[at].Parents)
	}
	if count == 0 {
		return f
	}
	place := make(map[string]int, len(list))
	for at := range list {
		place[list[at].ID] = at
	}
	parents := make([]int, 0, count) // of all candidates: the slices of f are parts of it
	for at := range list {
		from := len(parents)
		for _, id := range list[at].Parents {
			if parent, ok := place[id]; ok {
				parents = append(parents, parent)
				f.children[parent]++
			}
		}
		f.parents[at] = parents[from:len(parents):len(parents)]
	}
	return f
}

// drop removes a candidate without children. It returns the parents that have no children left.
func (f family) drop(at int) (childless []int) {
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
