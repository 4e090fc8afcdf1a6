package gc_test

import (
	"fmt"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
)

// attributesAllBytes groups the full roots of a graph into holders of one or two, and compares the attribution with
// plans: deleting a holder frees exactly its retained bytes, deleting a set of holders frees its shares, and all parts
// add up to the whole. Each set is listed once, with its holders in ascending order.
func attributesAllBytes(s script) error {
	g := s.build()
	var holders [][]gc.ID
	for i, r := range fullRoots(g) {
		if i%3 < 2 {
			holders = append(holders, nil)
		}
		holders[len(holders)-1] = append(holders[len(holders)-1], r)
	}
	a := gc.Attribute(g, holders)
	before := gc.MakePlan(g, gc.WhatIf{})
	var sum int64
	count := 0
	retained := make([]gc.Share, a.Len())
	listed := map[string]bool{}
	for i, share := range a.Sets() {
		name := fmt.Sprint(share.Holders, share.Many)
		if !slices.IsSorted(share.Holders) || len(slices.Compact(slices.Clone(share.Holders))) < len(share.Holders) || listed[name] {
			return fmt.Errorf("part %d is of holders %s: unsorted, or listed before", i, name)
		}
		listed[name] = true
		sum, count = sum+share.Bytes, count+share.Objects
		switch {
		case i == 0:
			if share.Bytes != before.RemovedBytes || share.Objects != len(before.Removed) {
				return fmt.Errorf("garbage is %+v, want %d bytes and %d objects", share, before.RemovedBytes, len(before.Removed))
			}
		case len(share.Holders) == 1:
			retained[share.Holders[0]] = share
		default:
			if err := checkShare(g, a, i, share); err != nil {
				return err
			}
		}
	}
	for h := range a.Len() {
		if flatOnly(g, a.Members(h)) {
			continue
		}
		after := gc.MakePlan(g, gc.WhatIf{Delete: a.Members(h)})
		if want := after.RemovedBytes - before.RemovedBytes; retained[h].Bytes != want {
			return fmt.Errorf("holder %v retains %d bytes, deleting it frees %d", nodesOf(g, a.Members(h)), retained[h].Bytes, want)
		}
		if want := len(after.Removed) - len(before.Removed) + kept(before, a.Members(h)); retained[h].Objects != want {
			return fmt.Errorf("holder %v retains %d objects, deleting it frees %d", nodesOf(g, a.Members(h)), retained[h].Objects, want)
		}
	}
	if want := before.KeptBytes + before.RemovedBytes; sum != want {
		return fmt.Errorf("the parts add up to %d bytes, the graph has %d", sum, want)
	}
	if want := existing(g); count != want {
		return fmt.Errorf("the parts add up to %d objects, the graph has %d", count, want)
	}
	return nil
}

// checkShare checks that an object of a share goes with all its holders, and stays with any one of them.
func checkShare(g *gc.Graph, a *gc.Attribution, set int, share gc.Share) error {
	var all []gc.ID
	for _, h := range share.Holders {
		if flatOnly(g, a.Members(int(h))) {
			return nil
		}
		all = append(all, a.Members(int(h))...)
	}
	gone := gc.Mark(g, gc.WhatIf{Delete: all})
	for id := range gc.ID(g.Len()) {
		if int(a.Set(id)) != set || !g.Exists(id) {
			continue
		}
		if gone.Kept(id) {
			return fmt.Errorf("%v stays without its holders %v", g.Node(id), nodesOf(g, all))
		}
		for _, spared := range share.Holders {
			var others []gc.ID
			for _, h := range share.Holders {
				if h != spared {
					others = append(others, a.Members(int(h))...)
				}
			}
			if !gc.Mark(g, gc.WhatIf{Delete: others}).Kept(id) {
				return fmt.Errorf("%v goes although its holder %v stays", g.Node(id), nodesOf(g, a.Members(int(spared))))
			}
		}
	}
	return nil
}

func fullRoots(g *gc.Graph) (ids []gc.ID) {
	for _, r := range g.Roots() {
		if !r.Flat {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// flatOnly reports whether a member is a root only by its flat visit: the contract of Attribute excludes these.
func flatOnly(g *gc.Graph, members []gc.ID) bool {
	full := fullRoots(g)
	return slices.ContainsFunc(members, func(id gc.ID) bool { return !slices.Contains(full, id) })
}

func kept(p *gc.Plan, ids []gc.ID) (n int) {
	for _, id := range ids {
		if p.Marks().Kept(id) {
			n++
		}
	}
	return n
}

func existing(g *gc.Graph) (n int) {
	for id := range gc.ID(g.Len()) {
		if g.Exists(id) {
			n++
		}
	}
	return n
}
