package examine

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Top lists the objects that keep the most bytes, and the bytes of each kind in each namespace.
type Top struct {
	Basis

	// Roots are the roots of the graph. They are sorted by retained bytes, then by retained objects, largest first,
	// then by name. RootCount is their number, of which Roots has as many as the limit allows.
	Roots     []Holding `json:"roots"`
	RootCount int       `json:"rootCount"`

	// Shares has an entry for each kind in each namespace, sorted by namespace.
	Shares []Share `json:"shares"`

	// KeptBytes and RemovedBytes are the totals that a collection would keep and remove. RemovedBytes lacks the objects
	// of namespaces of which records are lost ([Options.Lost]), and is -1 if there are no others.
	KeptBytes    int64 `json:"keptBytes"`
	RemovedBytes int64 `json:"removedBytes"`

	// UnsizedSnapshots is the number of snapshots with an unknown size. They count as 0 bytes.
	UnsizedSnapshots int `json:"unsizedSnapshots"`
}

// A Holding has the sizes that one root keeps.
type Holding struct {
	Node string `json:"node"`
	Kind string `json:"kind"`

	// RetainedBytes and RetainedObjects are the sizes that a collection would remove if this object alone were deleted,
	// itself included. They are -1 if that is not known because records are lost.
	RetainedBytes   int64 `json:"retainedBytes"`
	RetainedObjects int   `json:"retainedObjects"`

	// SharedBytes and SharedObjects are the sizes that this root keeps together with other roots.
	SharedBytes   int64 `json:"sharedBytes"`
	SharedObjects int   `json:"sharedObjects"`
}

// A Share has the sizes of one kind of objects in one namespace.
type Share struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`

	// Kept and Removed are numbers of objects. KeptBytes and RemovedBytes are the bytes that only this kind in this
	// namespace has. Removed and all removed bytes are -1 if records of the namespace are lost.
	Kept         int   `json:"kept"`
	Removed      int   `json:"removed"`
	KeptBytes    int64 `json:"keptBytes"`
	RemovedBytes int64 `json:"removedBytes"`

	// SharedKeptBytes and SharedRemovedBytes are bytes that another kind or namespace has too. For example, a blob in
	// two namespaces counts in the shares of both.
	SharedKeptBytes    int64 `json:"sharedKeptBytes"`
	SharedRemovedBytes int64 `json:"sharedRemovedBytes"`
}

// Top returns the first limit roots, or all if limit is 0, and the shares. If the collection fails, the error is of
// class [ErrFails].
func (d *Database) Top(limit int) (*Top, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	tree, err := d.dominators()
	if err != nil {
		return nil, err
	}
	plan, sure, blobs := gc.MakePlan(g, gc.WhatIf{}), d.surePlan(g), d.unheldBlobs(g)
	top := &Top{
		Basis:            d.Basis(),
		Roots:            []Holding{},
		Shares:           []Share{},
		KeptBytes:        sure.KeptBytes,
		RemovedBytes:     sure.RemovedBytes,
		UnsizedSnapshots: d.unsized(g, allIDs(g)),
	}
	if d.refuseLost() != nil {
		top.RemovedBytes = unknownFigure
	}
	for _, h := range tree.Top(0) {
		n := g.Node(h.ID)
		if d.lacks(n.Namespace) || blobs != nil && slices.ContainsFunc(tree.Alone(h.ID), func(id gc.ID) bool { return blobs[g.Node(id).Key] }) {
			h.Retained, h.RetainedObjects = unknownFigure, unknownFigure
		}
		top.Roots = append(top.Roots, Holding{
			Node:            metadata.NodeName(n),
			Kind:            metadata.KindName(n.Type),
			RetainedBytes:   h.Retained,
			RetainedObjects: h.RetainedObjects,
			SharedBytes:     h.Shared,
			SharedObjects:   h.SharedObjects,
		})
	}
	top.RootCount = len(top.Roots)
	slices.SortFunc(top.Roots, func(a, b Holding) int {
		return cmp.Or(cmp.Compare(b.RetainedBytes, a.RetainedBytes), cmp.Compare(b.RetainedObjects, a.RetainedObjects),
			cmp.Compare(a.Node, b.Node))
	})
	if limit > 0 && limit < len(top.Roots) {
		top.Roots = top.Roots[:limit]
	}
	for _, u := range plan.Marks().Usage() {
		if d.lacks(u.Namespace) {
			u.Removed, u.RemovedBytes, u.SharedRemoved = unknownFigure, unknownFigure, unknownFigure
		}
		top.Shares = append(top.Shares, Share{
			Namespace:          u.Namespace,
			Kind:               metadata.KindName(u.Type),
			Kept:               u.Kept,
			Removed:            u.Removed,
			KeptBytes:          u.KeptBytes,
			RemovedBytes:       u.RemovedBytes,
			SharedKeptBytes:    u.SharedKept,
			SharedRemovedBytes: u.SharedRemoved,
		})
	}
	slices.SortStableFunc(top.Shares, func(a, b Share) int { return cmp.Compare(a.Namespace, b.Namespace) })
	return top, nil
}

// allIDs returns all nodes of a graph.
func allIDs(g *gc.Graph) []gc.ID {
	ids := make([]gc.ID, g.Len())
	for i := range ids {
		ids[i] = gc.ID(i)
	}
	return ids
}
