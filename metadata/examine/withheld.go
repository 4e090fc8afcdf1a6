package examine

import (
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// unknownFigure is the value of a number of bytes or objects that is not known because records are lost.
const unknownFigure = -1

// unknownPart is a Part of which nothing is known.
var unknownPart = Part{Bytes: unknownFigure, Objects: unknownFigure}

// Known reports whether the figures of the part are known. They are -1 if a lost record could change them.
func (p Part) Known() bool { return p.Bytes != unknownFigure }

// withhold finds the namespaces that may lack a record that keeps something. A reference never leaves its namespace, so
// a lost part of one namespace cannot keep an object of another one.
func (d *Database) withhold() {
	if d.options.AcceptLost {
		return
	}
	v1, _ := d.frozen.Bucket("v1")
	for namespace, e := range v1.All() {
		if !e.IsBucket() {
			continue
		}
		migrates := d.basis.Schema < sandboxesMoved && d.version.Schema() >= sandboxesMoved
		i := slices.IndexFunc(d.options.Lost, func(l LostPart) bool {
			return l.concerns(nameText(namespace)) || migrates && l.hidesSandboxes(nameText(namespace))
		})
		if i < 0 {
			continue
		}
		if d.withheld == nil {
			d.withheld = map[string]LostPart{}
		}
		d.withheld[namespace] = d.options.Lost[i]
	}
}

// lacks reports whether a namespace may lack a record that keeps something.
func (d *Database) lacks(namespace string) bool {
	_, ok := d.withheld[namespace]
	return ok
}

// lacksAny reports whether one of the nodes is in a namespace that may lack a record.
func (d *Database) lacksAny(nodes []string) bool {
	return d.withheld != nil && slices.ContainsFunc(nodes, func(name string) bool {
		n, err := metadata.ParseNode(name)
		return err == nil && d.lacks(n.Namespace)
	})
}

// withheldObjects returns the objects of the namespaces that may lack records.
func (d *Database) withheldObjects(g *gc.Graph) (ids []gc.ID) {
	if d.withheld == nil {
		return nil
	}
	for id := range gc.ID(g.Len()) {
		if d.lacks(g.Node(id).Namespace) && g.Exists(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// surePlan plans a collection that leaves the withheld namespaces alone.
func (d *Database) surePlan(g *gc.Graph) *gc.Plan {
	return gc.MakePlan(g, gc.WhatIf{Root: d.withheldObjects(g)})
}

// unheldBlobs returns the digests of the blobs in withheld namespaces that no readable record keeps. A lost record may
// keep their bytes, which then do not go with the same blob of another namespace.
func (d *Database) unheldBlobs(g *gc.Graph) map[string]bool {
	if d.withheld == nil {
		return nil
	}
	digests := map[string]bool{}
	marks := gc.Mark(g, gc.WhatIf{})
	for id := range gc.ID(g.Len()) {
		if n := g.Node(id); n.Type == metadata.ResourceContent && d.lacks(n.Namespace) && g.Exists(id) && !marks.Kept(id) {
			digests[n.Key] = true
		}
	}
	return digests
}

// listWithheld returns the withheld namespaces with the objects that removed has of each.
func (d *Database) listWithheld(removed []gc.Node) (list []Withheld) {
	count := map[string]int{}
	for _, n := range removed {
		count[n.Namespace]++
	}
	for _, namespace := range slices.Sorted(maps.Keys(d.withheld)) {
		list = append(list, Withheld{namespace, count[namespace], d.withheld[namespace].String()})
	}
	return list
}

// nodesOf returns the nodes of objects.
func nodesOf(g *gc.Graph, ids []gc.ID) []gc.Node {
	nodes := make([]gc.Node, len(ids))
	for i, id := range ids {
		nodes[i] = g.Node(id)
	}
	return nodes
}

// countWithheld adds the namespaces of which nothing is called garbage to a plan.
func (d *Database) countWithheld(answer *Plan, deleted []string) error {
	if d.withheld == nil {
		return nil
	}
	whole := *d
	whole.withheld = nil
	p, err := whole.plan(d.version, d.options.At, deleted)
	if err != nil {
		return err
	}
	answer.Withheld = d.listWithheld(nodesOf(p.Marks().Graph(), p.Removed))
	if answer.RemovedBytes > 0 && d.blobsLost() {
		answer.note("a lost record may name one of the removed blobs, which then stays on the disk")
	}
	return nil
}

// blobsLost reports whether records of blobs may be lost. They may name blobs of any namespace.
func (d *Database) blobsLost() bool {
	return d.withheld != nil && slices.ContainsFunc(d.options.Lost, LostPart.hidesBlobs)
}
