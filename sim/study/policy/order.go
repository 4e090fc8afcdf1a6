package policy

import (
	"container/heap"
	"slices"
)

// inOrder calls fn for candidates that may go, in order, but for each only after
// all that are built on it have gone, until fn wants no more. One that may not go,
// or that fn says is not gone, holds its parents. The list is sorted.
func inOrder(list []Candidate, may func(Candidate) bool, order func(a, b Candidate) int, fn func(Candidate) (gone, more bool)) {
	slices.SortFunc(list, byID)
	slices.SortStableFunc(list, order)
	tree := newFamily(list)
	var ready places
	for at, c := range list {
		if tree.children[at] == 0 && may(c) {
			ready = append(ready, at) // ascending: a heap already
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

// places is a heap of places in a list, the first on top.
type places []int

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i] < p[j] }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *places) Push(x any)        { *p = append(*p, x.(int)) }
func (p *places) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	*p = (*p)[:last]
	return x
}
