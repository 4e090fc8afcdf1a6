package gc

import (
	"cmp"
	"slices"
)

// A Holding describes the bytes and objects that an object keeps.
type Holding struct {
	ID ID

	// Retained is the number of bytes that a deletion of this object alone would free, including its own: the
	// difference between the RemovedBytes of a plan with this deletion and of a plan without it.
	Retained        int64
	RetainedObjects int

	// Shared is the number of bytes that the object reaches but does not retain, because other objects keep them too.
	Shared        int64
	SharedObjects int
}

// Retained returns the bytes that a deletion of this object alone would free: the retained size of heap profilers. It
// is 0 for garbage.
func (t *DominatorTree) Retained(id ID) int64 {
	if !t.kept(id) {
		return 0
	}
	bytes, _ := t.retained(id)
	return bytes
}

// Alone returns the objects that a deletion of this object alone would remove, including itself, in node order. It is
// empty for garbage and for nodes that do not exist.
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
		for _, v := range t.removedWith(id) {
			add(v)
		}
	} else {
		// A dominated vertex has a larger number than its dominator.
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
	t.graph.Sort(list)
	return list
}

// Holding returns the bytes and objects that an object retains, and those that it shares.
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

// Top returns the roots with the largest retained size, largest first, in node order among equals. It returns all roots
// if limit is 0.
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
		list = atMost(list, limit)
	}
	for i := range list {
		list[i] = t.Holding(list[i].ID)
	}
	return list
}

func (t *DominatorTree) kept(id ID) bool { return t.graph.Exists(id) && t.Reached(id) }

// retained returns the bytes and objects that a kept object retains.
func (t *DominatorTree) retained(id ID) (bytes int64, objects int) {
	if t.split(id) {
		return t.weigh(t.removedWith(id))
	}
	top := t.top(id)
	return t.bytes[top], int(t.objects[top])
}

// top returns the number of the vertex that dominates everything that the object dominates.
func (t *DominatorTree) top(id ID) uint32 {
	if n := t.number[id]; n != 0 {
		return n
	}
	return t.number[t.graph.keeper(id)]
}

// split reports whether no single vertex represents the object in the tree. This is the case if a path reaches its flat
// visit without its full one, or if back references from its name outlive it.
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
			if g.edges.kind(e) == ofTarget {
				return true
			}
		}
	}
	return false
}
