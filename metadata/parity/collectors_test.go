package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/gc"
)

// A resource is an object of a collector that is not part of the metadata.
type resource struct {
	Node   gc.Node
	Active bool
	Lease  string    // the lease that keeps it; "" for no lease
	Backs  gc.Node   // the node that keeps it by a back reference; none if Type is 0
	Refers []gc.Node // nodes to which it refers
}

// A shape is the set of optional methods of a collection.
type shape int

const (
	plain shape = iota
	withBackRefs
	withReferences
	withBoth
	shapes
)

// resources is a collector in memory. start returns a collection with the optional methods of its shape.
type resources struct {
	*journal
	*fault
	stream string
	label  string
	shape  shape
	all    []resource
}

func (c *resources) ReferenceLabel() string { return c.label }

// start begins a collection.
func (c *resources) start() (collection, error) {
	c.note(c.stream, "StartCollection")
	if err := c.at("StartCollection " + c.stream); err != nil {
		return nil, err
	}
	round := &resourceCollection{resources: c}
	switch c.shape {
	case withBackRefs:
		return backRefs{round}, nil
	case withReferences:
		return references{round}, nil
	case withBoth:
		return both{round, backRefs{round}, references{round}}, nil
	}
	return round, nil
}

// state writes the resources, for comparison.
func (c *resources) state(to *strings.Builder) {
	for _, t := range c.all {
		fmt.Fprintf(to, "%s %s\n", c.stream, render(t))
	}
}

// collection has the methods of CollectionContext in both packages.
type collection interface {
	All(func(gc.Node))
	Active(namespace string, fn func(gc.Node))
	Leased(namespace, lease string, fn func(gc.Node))
	Remove(gc.Node)
	Cancel() error
	Finish() error
}

// A resourceCollection is a running collection without optional methods.
type resourceCollection struct {
	*resources
	removed []gc.Node
}

func (c *resourceCollection) All(fn func(gc.Node)) {
	for _, t := range c.all {
		fn(t.Node)
	}
}

func (c *resourceCollection) Active(namespace string, fn func(gc.Node)) {
	for _, t := range c.all {
		if t.Active && t.Node.Namespace == namespace {
			fn(t.Node)
		}
	}
}

func (c *resourceCollection) Leased(namespace, lease string, fn func(gc.Node)) {
	for _, t := range c.all {
		if t.Lease == lease && lease != "" && t.Node.Namespace == namespace {
			fn(t.Node)
		}
	}
}

func (c *resourceCollection) Remove(n gc.Node) {
	c.note(c.stream, "Remove %s", render(n))
	c.removed = append(c.removed, n)
}

func (c *resourceCollection) Cancel() error {
	c.note(c.stream, "Cancel")
	return c.at("Cancel " + c.stream)
}

func (c *resourceCollection) Finish() error {
	c.note(c.stream, "Finish")
	if err := c.at("Finish " + c.stream); err != nil {
		return err
	}
	c.all = slices.DeleteFunc(c.all, func(r resource) bool { return slices.Contains(c.removed, r.Node) })
	return nil
}

type backRefs struct{ *resourceCollection }

func (c backRefs) ActiveWithBackRefs(namespace string, fn func(gc.Node), bref func(gc.Node, gc.Node)) {
	for _, t := range c.all {
		if t.Node.Namespace != namespace {
			continue
		}
		if t.Active {
			fn(t.Node)
		}
		if t.Backs.Type != 0 {
			bref(t.Backs, t.Node)
		}
	}
}

type references struct{ *resourceCollection }

func (c references) References(ctx context.Context, n gc.Node, fn func(gc.Node)) {
	for _, t := range c.all {
		if t.Node == n {
			for _, to := range t.Refers {
				fn(to)
			}
		}
	}
}

type both struct {
	*resourceCollection
	backRefs   backRefs
	references references
}

func (c both) ActiveWithBackRefs(namespace string, fn func(gc.Node), bref func(gc.Node, gc.Node)) {
	c.backRefs.ActiveWithBackRefs(namespace, fn, bref)
}

func (c both) References(ctx context.Context, n gc.Node, fn func(gc.Node)) {
	c.references.References(ctx, n, fn)
}

// collector is resources as the Collector of one package. C is the CollectionContext of that package.
type collector[C any] struct{ *resources }

func (c collector[C]) StartCollection(context.Context) (C, error) {
	var none C
	started, err := c.start()
	if err != nil {
		return none, err
	}
	return started.(C), nil
}
