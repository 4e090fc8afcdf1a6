package examine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Namespace lists the objects that keep a namespace from being deleted, and the objects that these keep.
type Namespace struct {
	Basis

	Namespace string `json:"namespace"`

	// Blocking are the numbers of objects that keep containerd from deleting the namespace, by kind: images,
	// containers, blobs and snapshots. GarbageBlocking of them go with the next collection; -1 if that is not known,
	// because records of the namespace are lost. Then Blocking does not have the lost ones.
	Blocking        map[string]int `json:"blocking"`
	GarbageBlocking int            `json:"garbageBlocking"`

	// Withheld is the part that is lost of the namespace; "" if it lacks nothing.
	Withheld string `json:"withheld,omitempty"`

	// DeletedAlong are the numbers of objects that containerd deletes along with an empty namespace, by kind: leases,
	// uploads and sandboxes.
	DeletedAlong map[string]int `json:"deletedAlong"`

	// Holders are the holders in the namespace, those that retain most first. HolderCount is their number.
	Holders     []Holder `json:"holders"`
	HolderCount int      `json:"holderCount"`

	// Freed is what deleting everything in the namespace and a collection free. Bytes that other namespaces keep as
	// well stay. It is not known ([Part.Known]) if records of the namespace are lost.
	Freed Part `json:"freed"`
}

// blockingKinds are the kinds of which a namespace may have none when it is deleted.
var blockingKinds = []metadata.ResourceType{
	metadata.ResourceImage, metadata.ResourceContainer, metadata.ResourceContent, metadata.ResourceSnapshot,
}

// Namespace explains a namespace, with at most limit holders; 0 means all. The error says that there is no such
// namespace, or is of class [ErrFails].
func (d *Database) Namespace(name string, limit int) (*Namespace, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	if _, ok := d.frozen.BucketAt("v1", name); !ok {
		hint := ""
		if slices.ContainsFunc(d.options.Lost, func(l LostPart) bool { return len(strings.Split(l.Bucket, "/")) == 1 && l.concerns(name) }) {
			hint = "; its records may be among the lost ones"
		}
		return nil, fmt.Errorf("%s%s: there is no such namespace; there are %s%s", namespacePrefix, name, strings.Join(namespacesOf(g), ", "), hint)
	}
	n := &Namespace{Basis: d.Basis(), Namespace: name, Blocking: map[string]int{}, DeletedAlong: map[string]int{}, Holders: []Holder{}}
	plan := gc.MakePlan(g, gc.WhatIf{})
	for id := range gc.ID(g.Len()) {
		node := g.Node(id)
		if node.Namespace != name || !g.Exists(id) {
			continue
		}
		if !slices.Contains(blockingKinds, node.Type) {
			n.DeletedAlong[metadata.KindName(node.Type)]++
			continue
		}
		n.Blocking[metadata.KindName(node.Type)]++
		if !plan.Marks().Kept(id) {
			n.GarbageBlocking++
		}
	}
	for _, h := range d.attribute(g, false).holders {
		if h.Namespace == name {
			n.Holders = append(n.Holders, h)
		}
	}
	n.HolderCount = len(n.Holders)
	slices.SortFunc(n.Holders, func(x, y Holder) int {
		return cmp.Or(cmp.Compare(y.RetainedBytes, x.RetainedBytes), cmp.Compare(y.SharedBytes, x.SharedBytes), strings.Compare(x.Holder, y.Holder))
	})
	if limit > 0 {
		n.Holders = n.Holders[:min(limit, len(n.Holders))]
	}
	if lost, ok := d.withheld[name]; ok {
		n.GarbageBlocking, n.Freed, n.Withheld = unknownFigure, unknownPart, lost.String()
		return n, nil
	}
	if len(selectAll(g, func(node gc.Node) bool { return node.Namespace == name })) > 0 {
		after, err := d.Plan(namespacePrefix + name)
		if err != nil {
			return nil, err
		}
		n.Freed = after.Difference.Freed
	}
	return n, nil
}
