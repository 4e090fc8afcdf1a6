package gc

import "slices"

// reach lists what an object leads to, itself included, as it is reached: what
// only a full visit would lead to is left out where there is none.
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

// gone lists what would go if the object were deleted, found by trying: of all
// that it leads to, that stays which is a root or which something outside refers
// to, and what that leads to in turn. It takes time proportional to what the
// object reaches.
func (t *DominatorTree) gone(id ID) []uint32 {
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

// weigh sums up a list of vertices.
func (t *DominatorTree) weigh(list []uint32) (bytes int64, objects int) {
	for _, v := range list {
		bytes = addBytes(bytes, t.graph.weights[v])
		if t.isKeeper(v) && t.graph.Exists(t.graph.object(v)) {
			objects++
		}
	}
	return bytes, objects
}
