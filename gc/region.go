package gc

import "slices"

// reach returns the vertices that an object leads to, including its own, in the order of a breadth-first walk. If only
// the object's flat visit is reached, it omits vertices that only the full visit leads to.
func (t *DominatorTree) reach(id ID) []uint32 {
	g := t.graph
	inside := newBitmap(len(g.weights))
	var region []uint32
	for _, v := range []uint32{uint32(id), g.keeper(id)} {
		if t.number[v] != 0 && !inside.has(int(v)) {
			inside.set(int(v))
			region = append(region, v)
		}
	}
	for i := 0; i < len(region); i++ {
		v := region[i]
		for e, end := g.edges.of(v); e < end; e++ {
			if w := g.edges.to[e]; !inside.has(int(w)) {
				inside.set(int(w))
				region = append(region, w)
			}
		}
	}
	return region
}

// removedWith returns the vertices that a deletion of the object would remove, found by a trial within the object's
// region. A vertex of the region stays if it is a root, if something outside refers to it, or if a staying vertex leads
// to it. The trial takes time proportional to the region.
func (t *DominatorTree) removedWith(id ID) []uint32 {
	g := t.graph
	into := g.into()
	region := t.reach(id)
	inside := newBitmap(len(g.weights))
	for _, v := range region {
		inside.set(int(v))
	}
	isOwn := func(v uint32) bool { return v == uint32(id) || v == g.keeper(id) }

	stays := newBitmap(len(g.weights))
	var pending []uint32
	keep := func(v uint32) {
		if inside.has(int(v)) && !stays.has(int(v)) {
			stays.set(int(v))
			pending = append(pending, v)
		}
	}
	for _, v := range region {
		if t.rooted.has(int(v)) && !isOwn(v) {
			keep(v)
		}
		for p, end := into.of(v); p < end; p++ {
			from := into.from[p]
			if !inside.has(int(from)) && t.number[from] != 0 && !g.dependsOn(from, v, into.edge[p], id) {
				keep(v)
				break
			}
		}
	}
	for len(pending) > 0 {
		v := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for e, end := g.edges.of(v); e < end; e++ {
			if w := g.edges.to[e]; !g.dependsOn(v, w, e, id) {
				keep(w)
			}
		}
	}
	return slices.DeleteFunc(region, func(v uint32) bool { return stays.has(int(v)) && !isOwn(v) })
}

// weigh returns the bytes and objects of a list of vertices.
func (t *DominatorTree) weigh(list []uint32) (bytes int64, objects int) {
	for _, v := range list {
		bytes = addBytes(bytes, t.graph.weights[v])
		if t.isKeeper(v) && t.graph.Exists(t.graph.object(v)) {
			objects++
		}
	}
	return bytes, objects
}
