package examine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A GroupBy selects how [Database.Groups] groups.
type GroupBy int

const (
	ByKind        GroupBy = iota // of the holders
	ByNamespace                  // of the holders
	ByClient                     // of the holders
	BySnapshotter                // of the objects; blobs are one group, "content"
)

var groupNames = map[string]GroupBy{"kind": ByKind, "namespace": ByNamespace, "client": ByClient, "snapshotter": BySnapshotter}

// ParseGroupBy returns the grouping of a name: kind, namespace, client or snapshotter.
func ParseGroupBy(name string) (by GroupBy, ok bool) {
	by, ok = groupNames[name]
	return by, ok
}

// A Group sums up the holders, or the objects, that have something in common.
type Group struct {
	Group string `json:"group"`

	// Holders is the number of holders in the group, 0 for a group of objects.
	Holders int `json:"holders"`

	// Kept is kept by at least one holder of the group. A part that several groups keep counts in each of them.
	Kept Part `json:"kept"`

	// Reclaimable is kept by holders of the group alone: deleting all of them frees it. It is nil for a group of
	// objects, and not known ([Part.Known]) if records are lost that may keep it.
	Reclaimable *Part `json:"reclaimable,omitempty"`

	// Garbage is the part of the group that a collection would remove. It is nil for groups by kind and client, because
	// garbage has no holder. It is not known ([Part.Known]) if records are lost that may keep it.
	Garbage *Part `json:"garbage,omitempty"`
}

// Groups sums up the bytes of a node by a property of holders or objects, the largest group first. The error is of
// class [ErrFails].
func (d *Database) Groups(by GroupBy) ([]Group, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	var groups []Group
	if by == BySnapshotter {
		groups = d.groupObjects(g)
	} else {
		groups = d.groupHolders(g, by)
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Kept.Bytes, a.Kept.Bytes), cmp.Compare(b.Kept.Objects, a.Kept.Objects), strings.Compare(a.Group, b.Group))
	})
	return groups, nil
}

func (d *Database) groupHolders(g *gc.Graph, by GroupBy) []Group {
	a := d.attribute(g, false)
	groups := groupSet{at: map[string]int{}}
	groupOf := make([]int, len(a.holders))
	for i, h := range a.holders {
		name := map[GroupBy]string{ByKind: string(h.Kind), ByNamespace: h.Namespace, ByClient: string(h.Client)}[by]
		groupOf[i] = groups.index(name)
		group := &groups.list[groupOf[i]]
		group.Holders++
		if group.Reclaimable == nil {
			group.Reclaimable = &Part{}
		}
	}
	for _, p := range a.parts {
		seen := map[int]bool{}
		for _, h := range p.holders {
			seen[groupOf[h]] = true
		}
		for i := range seen {
			groups.list[i].Kept.add(p.Part)
			if len(seen) == 1 {
				groups.list[i].Reclaimable.add(p.Part)
			}
		}
	}
	for i, unsure := range a.unsure {
		if unsure {
			groups.list[groupOf[i]].Reclaimable = &Part{unknownFigure, unknownFigure, 0}
		}
	}
	if by == ByNamespace {
		for _, u := range d.surePlan(g).Marks().Usage() {
			if u.Removed > 0 {
				groups.garbage(u.Namespace).add(Part{Bytes: u.RemovedBytes + u.SharedRemoved, Objects: u.Removed})
			}
		}
		for namespace := range d.withheld {
			*groups.garbage(namespace) = unknownPart
		}
	}
	return groups.list
}

func (d *Database) groupObjects(g *gc.Graph) []Group {
	groups := groupSet{at: map[string]int{}}
	plan, sure := gc.MakePlan(g, gc.WhatIf{}), d.surePlan(g).Marks()
	unsure := map[string]bool{} // groups with an object that a lost record may keep
	content := Group{Group: "content", Kept: Part{Bytes: plan.KeptBytes}, Garbage: &Part{Bytes: plan.RemovedBytes}}
	for id := range gc.ID(g.Len()) {
		n := g.Node(id)
		if !g.Exists(id) {
			continue
		}
		kept := plan.Marks().Kept(id)
		switch n.Type {
		case metadata.ResourceContent:
			if kept {
				content.Kept.Objects++
			} else {
				content.Garbage.Objects++
			}
			unsure[content.Group] = unsure[content.Group] || kept != sure.Kept(id)
		case metadata.ResourceSnapshot:
			snapshotter, _, _ := strings.Cut(n.Key, "/")
			p := Part{Bytes: g.Weight(id), Objects: 1, UnsizedSnapshots: d.unsized(g, []gc.ID{id})}
			garbage := groups.garbage(snapshotter)
			unsure[snapshotter] = unsure[snapshotter] || kept != sure.Kept(id)
			if kept {
				groups.list[groups.index(snapshotter)].Kept.add(p)
				content.Kept.Bytes -= p.Bytes
			} else {
				garbage.add(p)
				content.Garbage.Bytes -= p.Bytes
			}
		}
	}
	groups.list = append(groups.list, content)
	for i := range groups.list {
		if unsure[groups.list[i].Group] {
			*groups.list[i].Garbage = unknownPart
		}
	}
	return groups.list
}

// A groupSet finds groups by name.
type groupSet struct {
	list []Group
	at   map[string]int
}

func (s *groupSet) index(name string) int {
	i, ok := s.at[name]
	if !ok {
		i = len(s.list)
		s.at[name] = i
		s.list = append(s.list, Group{Group: name})
	}
	return i
}

func (s *groupSet) garbage(name string) *Part {
	g := &s.list[s.index(name)]
	if g.Garbage == nil {
		g.Garbage = &Part{}
	}
	return g.Garbage
}
