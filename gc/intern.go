package gc

import (
	"hash/maphash"
	"slices"
)

// An internTable assigns a dense ID to each node, in the order of first use. It stores a node as its key and the number
// of its group, the pair of type and namespace: there are few groups and many keys.
//
// The table uses open addressing. A slot is 0 if it is empty. Otherwise its low half is the ID plus one, and its high
// half is a part of the hash, which avoids most comparisons of long keys. The seed of the hash does not affect results:
// IDs follow the order of calls.
//
// Invariants: len(keys) == len(groupOf); len(slots) is a power of two; at most 3/4 of the slots are used.
type internTable struct {
	groups   []group
	groupIDs map[group]uint32
	recent   [1 << 8]uint32 // by type: group used last, plus one

	keys    []string
	groupOf []uint32 // freeGroup for an ID without a node
	free    []ID     // the IDs without a node, to be used again
	slots   []uint64
	seed    maphash.Seed
}

type group struct {
	kind      ResourceType
	namespace string
	flat      bool // the nodes are flat visits
}

const freeGroup uint32 = 1<<32 - 1

func (g group) node(key string) Node {
	return Node{Type: g.kind, Namespace: g.namespace, Key: key}
}

// rankGroups returns the position of each group in node order.
func rankGroups(groups []group) []int {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return Compare(groups[a].node(""), groups[b].node(""))
	})
	rank := make([]int, len(groups))
	for place, g := range order {
		rank[g] = place
	}
	return rank
}

func newInternTable(sizeHint int) internTable {
	size := 16
	for size*3/4 < sizeHint {
		size *= 2
	}
	return internTable{
		groupIDs: make(map[group]uint32),
		keys:     make([]string, 0, sizeHint),
		groupOf:  make([]uint32, 0, sizeHint),
		slots:    make([]uint64, size),
		seed:     maphash.MakeSeed(),
	}
}

func (t *internTable) node(id ID) Node {
	return t.groups[t.groupOf[id]].node(t.keys[id])
}

// intern returns the node's ID and assigns one if necessary.
func (t *internTable) intern(n Node) ID {
	g := t.group(n.Type, n.Namespace)
	return t.internHashed(g, n.Key, t.hash(g, n.Key))
}

// internHashed is intern for a key with a known group and hash.
func (t *internTable) internHashed(g uint32, key string, h uint64) ID {
	slot, found := t.find(g, key, h)
	if found {
		return ID(uint32(t.slots[slot]) - 1)
	}
	id := len(t.keys)
	if last := len(t.free) - 1; last >= 0 {
		id = int(t.free[last])
		t.free = t.free[:last]
		t.keys[id], t.groupOf[id] = key, g
	} else {
		if id >= int(maxObjects) {
			panic("gc: more than 2^30 nodes in one graph")
		}
		t.keys = append(t.keys, key)
		t.groupOf = append(t.groupOf, g)
	}
	t.slots[slot] = h&^0xffffffff | uint64(id+1)
	if len(t.keys)-len(t.free) > len(t.slots)*3/4 {
		t.grow()
	}
	return ID(id)
}

// internAll is intern for many nodes; it appends their IDs to ids. Most of the time goes to memory outside the caches:
// a key, then its slot, then the key of the node in that slot. The stages let the processor fetch the memory for many
// nodes at once.
func (t *internTable) internAll(nodes []Node, ids []ID) []ID {
	for len(nodes) > 0 {
		n := min(len(nodes), stageSize)
		ids = t.stage(nodes[:n], ids)
		nodes = nodes[n:]
	}
	return ids
}

// stageSize is larger than the number of concurrent fetches, and small enough for the fetched memory to stay cached.
const stageSize = 32

func (t *internTable) stage(nodes []Node, ids []ID) []ID {
	var groups [stageSize]uint32
	var hashes [stageSize]uint64
	for i, n := range nodes {
		groups[i] = t.group(n.Type, n.Namespace)
		hashes[i] = t.hash(groups[i], n.Key)
	}
	var first [stageSize]uint64 // first slots in the search for each node
	for i := range nodes {
		first[i] = t.slots[int(uint32(hashes[i]))&(len(t.slots)-1)]
	}
	var likely [stageSize]string // keys of these slots, if the hash matches
	for i, s := range first[:len(nodes)] {
		if s != 0 && (s^hashes[i])>>32 == 0 && t.groupOf[uint32(s)-1] == groups[i] {
			likely[i] = t.keys[uint32(s)-1]
		}
	}
	for i, n := range nodes {
		if n.Key != "" && likely[i] == n.Key {
			ids = append(ids, ID(uint32(first[i])-1))
		} else {
			ids = append(ids, t.internHashed(groups[i], n.Key, hashes[i]))
		}
	}
	return ids
}

// lookup returns the ID of a known node. It changes nothing.
func (t *internTable) lookup(n Node) (ID, bool) {
	g, ok := t.groupIDs[group{kind: n.Type, namespace: n.Namespace}]
	if !ok {
		return 0, false
	}
	slot, found := t.find(g, n.Key, t.hash(g, n.Key))
	if !found {
		return 0, false
	}
	return ID(uint32(t.slots[slot]) - 1), true
}

func (t *internTable) group(kind ResourceType, namespace string) uint32 {
	if r := t.recent[kind]; r != 0 && t.groups[r-1].namespace == namespace {
		return r - 1
	}
	g := t.groupID(group{kind: kind, namespace: namespace})
	t.recent[kind] = g + 1
	return g
}

func (t *internTable) groupID(k group) uint32 {
	g, ok := t.groupIDs[k]
	if !ok {
		g = uint32(len(t.groups))
		t.groups = append(t.groups, k)
		t.groupIDs[k] = g
	}
	return g
}

// internFlat returns the ID of the flat visit of an object.
func (t *internTable) internFlat(object ID) ID {
	k := t.groups[t.groupOf[object]]
	k.flat = true
	g := t.groupID(k)
	return t.internHashed(g, t.keys[object], t.hash(g, t.keys[object]))
}

func (t *internTable) isFree(id ID) bool { return t.groupOf[id] == freeGroup }

// remove forgets a node. Its ID can be assigned again.
func (t *internTable) remove(id ID) {
	slot, _ := t.find(t.groupOf[id], t.keys[id], t.hash(t.groupOf[id], t.keys[id]))
	t.slots[slot] = 0
	t.keys[id], t.groupOf[id] = "", freeGroup
	t.free = append(t.free, id)
	// Close the gap: a search stops at an empty slot, so no later node of the same run may be cut off.
	mask := len(t.slots) - 1
	for next := (slot + 1) & mask; t.slots[next] != 0; next = (next + 1) & mask {
		moved := ID(uint32(t.slots[next]) - 1)
		home := int(uint32(t.hash(t.groupOf[moved], t.keys[moved]))) & mask
		if (next-home)&mask >= (next-slot)&mask {
			t.slots[slot], t.slots[next] = t.slots[next], 0
			slot = next
		}
	}
}

func (t *internTable) hash(g uint32, key string) uint64 {
	// The odd multiplier separates equal keys of different groups.
	return maphash.String(t.seed, key) + uint64(g)*0x9e3779b97f4a7c15
}

// find returns the slot of the key, or the empty slot for it.
func (t *internTable) find(g uint32, key string, h uint64) (slot int, found bool) {
	mask := len(t.slots) - 1
	for slot = int(uint32(h)) & mask; ; slot = (slot + 1) & mask {
		s := t.slots[slot]
		if s == 0 {
			return slot, false
		}
		if (s^h)>>32 == 0 {
			id := uint32(s) - 1
			if t.groupOf[id] == g && t.keys[id] == key {
				return slot, true
			}
		}
	}
}

func (t *internTable) grow() {
	t.slots = make([]uint64, 2*len(t.slots))
	mask := len(t.slots) - 1
	for id, key := range t.keys {
		if t.isFree(ID(id)) {
			continue
		}
		h := t.hash(t.groupOf[id], key)
		slot := int(uint32(h)) & mask
		for t.slots[slot] != 0 {
			slot = (slot + 1) & mask
		}
		t.slots[slot] = h&^0xffffffff | uint64(id+1)
	}
}
