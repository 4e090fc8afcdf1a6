package compare

import (
	"container/heap"
	"time"
)

// timers is a queue of functions to call at given times, ordered by time, then by insertion.
type timers struct {
	list timerHeap
	set  int
}

type timer struct {
	at time.Time
	n  int
	do func()
}

func (t *timers) at(at time.Time, do func()) {
	t.set++
	heap.Push(&t.list, timer{at, t.set, do})
}

func (t *timers) next() (time.Time, bool) {
	if len(t.list) == 0 {
		return time.Time{}, false
	}
	return t.list[0].at, true
}

func (t *timers) fire() { heap.Pop(&t.list).(timer).do() }

type timerHeap []timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].n < h[j].n
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(timer)) }
func (h *timerHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
