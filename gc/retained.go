package gc

import (
	"cmp"
	"slices"
)

// Holding is what an object keeps.
type Holding struct {
	ID ID

	// Retained is what would go if the object alone were deleted, its own bytes
	// and objects included: exactly what a plan with that what-if frees beyond
	// what goes anyway.
	Retained        int64
	RetainedObjects int

	// Shared is what it reaches and would not be freed, because something else
	// keeps it too.
	Shared        int64
	SharedObjects int
}

// Retained is the bytes that would go if the object alone were deleted: the
// size a heap profiler calls retained. It is 0 for what goes anyway.
func (t *DominatorTree) Retained(id ID) int64 {
	bytes, _ := t.retained(id)
	return bytes
}

// Alone lists the objects that would go if the object alone were deleted, itself
// included, in node order. It is empty for what goes anyway or doesn't exist.
func (t *DominatorTree) Alone(id ID) []ID {
	if !t.kept(id) {
		return nil
	}
	var list []ID
	add := func(v uint32) {
		if t.isKeeper(v) && t.graph.Exists(t.graph.object(v)) {
			list = append(list, t.graph.object(v))
		}
	}
	if t.split(id) {
		for _, v := range t.gone(id) {
			add(v)
		}
	} else {
		// Whatever is dominated has a larger number than what dominates it.
		top := t.top(id)
		dominated := newBitmap(len(t.idom))
		dominated.set(int(top))
		for i := top; int(i) < len(t.idom); i++ {
			if i == top || dominated.has(int(t.idom[i])) {
				dominated.set(int(i))
				add(t.vertex[i])
			}
		}
	}
	t.graph.sortIDs(list)
	return list
}

// Holding says what an object keeps, alone and together with others.
func (t *DominatorTree) Holding(id ID) Holding {
	h := Holding{ID: id}
	if !t.kept(id) {
		return h
	}
	h.Retained, h.RetainedObjects = t.retained(id)
	bytes, objects := t.weigh(t.reach(id))
	h.Shared = bytes - h.Retained
	h.SharedObjects = objects - h.RetainedObjects
	return h
}

// Top lists the roots that retain most, largest first and in node order among
// equals; all of them when limit is 0.
func (t *DominatorTree) Top(limit int) []Holding {
	var list []Holding
	for i, r := range t.graph.Roots() {
		if !t.graph.Exists(r.ID) || i > 0 && t.graph.Roots()[i-1].ID == r.ID {
			continue
		}
		h := Holding{ID: r.ID}
		h.Retained, h.RetainedObjects = t.retained(r.ID)
		list = append(list, h)
	}
	slices.SortStableFunc(list, func(a, b Holding) int { return cmp.Compare(b.Retained, a.Retained) })
	if limit > 0 {
		list = limited(list, limit)
	}
	for i := range list {
		list[i] = t.Holding(list[i].ID)
	}
	return list
}

func (t *DominatorTree) kept(id ID) bool { return t.graph.Exists(id) && t.Reached(id) }

func (t *DominatorTree) retained(id ID) (bytes int64, objects int) {
	if !t.kept(id) {
		return 0, 0
	}
	if t.split(id) {
		return t.weigh(t.gone(id))
	}
	top := t.top(id)
	return t.bytes[top], int(t.objects[top])
}

// top is the number of the vertex that dominates all that the object does.
func (t *DominatorTree) top(id ID) uint32 {
	if n := t.number[id]; n != 0 {
		return n
	}
	return t.number[t.graph.keeper(id)]
}

// split reports whether no single vertex stands for the object, so that the tree
// does not say what goes with it: something leads to its flat visit around
// its full one, or back references to its name outlive it.
func (t *DominatorTree) split(id ID) bool {
	g := t.graph
	full, flat := uint32(id), g.keeper(id)
	if full != flat && t.number[full] != 0 && t.idom[t.number[flat]] != t.number[full] {
		return true
	}
	if g.edges.back == nil {
		return false
	}
	for _, v := range []uint32{full, flat} {
		for e, end := g.edges.of(v); e < end; e++ {
			if g.edges.isBack(e) {
				return true
			}
		}
	}
	return false
}
