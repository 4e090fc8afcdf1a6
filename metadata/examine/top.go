package examine

import (
	"cmp"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Top says who holds the bytes.
type Top struct {
	Basis

	// Roots are the objects that stay by themselves, those first that retain most bytes, then most objects, then by
	// name: as many of RootCount as were asked for.
	Roots     []Holding `json:"roots"`
	RootCount int       `json:"rootCount"`

	// Shares are what each kind of each namespace takes.
	Shares []Share `json:"shares"`

	// KeptBytes and RemovedBytes are what a collection would keep and remove in all.
	KeptBytes    int64 `json:"keptBytes"`
	RemovedBytes int64 `json:"removedBytes"`

	// UnsizedSnapshots is the number of snapshots whose size is not known: they count as 0 bytes.
	UnsizedSnapshots int `json:"unsizedSnapshots"`
}

// A Holding is what an object keeps.
type Holding struct {
	Node string `json:"node"`
	Kind string `json:"kind"`

	// RetainedBytes and RetainedObjects are what would go if the object alone were deleted, itself included.
	RetainedBytes   int64 `json:"retainedBytes"`
	RetainedObjects int   `json:"retainedObjects"`

	// SharedBytes and SharedObjects are what it keeps together with others.
	SharedBytes   int64 `json:"sharedBytes"`
	SharedObjects int   `json:"sharedObjects"`
}

// A Share is what one kind of object takes in one namespace.
type Share struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`

	// Kept and Removed are numbers of objects, KeptBytes and RemovedBytes the bytes that they do not share with
	// other kinds or namespaces.
	Kept         int   `json:"kept"`
	Removed      int   `json:"removed"`
	KeptBytes    int64 `json:"keptBytes"`
	RemovedBytes int64 `json:"removedBytes"`

	// SharedKeptBytes and SharedRemovedBytes are those that they do share, such as a blob that two namespaces have: they
	// appear in each of these.
	SharedKeptBytes    int64 `json:"sharedKeptBytes"`
	SharedRemovedBytes int64 `json:"sharedRemovedBytes"`
}

// Top says who holds the bytes, with the first limit roots; 0 means all. The error is of class ErrFails.
func (d *Database) Top(limit int) (*Top, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	tree, err := d.dominators()
	if err != nil {
		return nil, err
	}
	plan := gc.MakePlan(g, gc.WhatIf{})
	top := &Top{
		Basis:            d.Basis(),
		Roots:            []Holding{},
		Shares:           []Share{},
		KeptBytes:        plan.KeptBytes,
		RemovedBytes:     plan.RemovedBytes,
		UnsizedSnapshots: d.unsized(g, allIDs(g)),
	}
	for _, h := range tree.Top(0) {
		n := g.Node(h.ID)
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

func allIDs(g *gc.Graph) []gc.ID {
	ids := make([]gc.ID, g.Len())
	for i := range ids {
		ids[i] = gc.ID(i)
	}
	return ids
}
