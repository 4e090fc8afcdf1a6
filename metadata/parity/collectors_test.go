package parity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/gc"
)

// A thing is a resource that a collector owns.
type thing struct {
	Node   gc.Node
	Active bool
	Lease  string    // that holds it; "" for none
	Backs  gc.Node   // a node of which it is a back reference, if it has a type
	Refers []gc.Node // what it refers to
}

// shape says which of the optional forms of a collection a collector has.
type shape int

const (
	plain shape = iota
	withBackRefs
	withReferences
	withBoth
	shapes
)

// things is a collector in memory. Collections act on it through a form that
// adds the optional methods.
type things struct {
	*journal
	*fault
	stream string
	label  string
	shape  shape
	all    []thing
}

func (c *things) ReferenceLabel() string { return c.label }

// start begins a collection.
func (c *things) start() (collection, error) {
	c.note(c.stream, "StartCollection")
	if err := c.at("StartCollection " + c.stream); err != nil {
		return nil, err
	}
	round := &collectionOfThings{things: c}
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

func (c *things) state(to *strings.Builder) {
	for _, t := range c.all {
		fmt.Fprintf(to, "%s %s\n", c.stream, render(t))
	}
}

// collection is the method set of both packages' CollectionContext.
type collection interface {
	All(func(gc.Node))
	Active(namespace string, fn func(gc.Node))
	Leased(namespace, lease string, fn func(gc.Node))
	Remove(gc.Node)
	Cancel() error
	Finish() error
}

type collectionOfThings struct {
	*things
	removed []gc.Node
}

func (c *collectionOfThings) All(fn func(gc.Node)) {
	for _, t := range c.all {
		fn(t.Node)
	}
}

func (c *collectionOfThings) Active(namespace string, fn func(gc.Node)) {
	for _, t := range c.all {
		if t.Active && t.Node.Namespace == namespace {
			fn(t.Node)
		}
	}
}

func (c *collectionOfThings) Leased(namespace, lease string, fn func(gc.Node)) {
	for _, t := range c.all {
		if t.Lease == lease && lease != "" && t.Node.Namespace == namespace {
			fn(t.Node)
		}
	}
}

func (c *collectionOfThings) Remove(n gc.Node) {
	c.note(c.stream, "Remove %s", render(n))
	c.removed = append(c.removed, n)
}

func (c *collectionOfThings) Cancel() error {
	c.note(c.stream, "Cancel")
	return c.at("Cancel " + c.stream)
}

func (c *collectionOfThings) Finish() error {
	c.note(c.stream, "Finish")
	if err := c.at("Finish " + c.stream); err != nil {
		return err
	}
	c.all = slices.DeleteFunc(c.all, func(t thing) bool { return slices.Contains(c.removed, t.Node) })
	return nil
}

type backRefs struct{ *collectionOfThings }

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

type references struct{ *collectionOfThings }

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
	*collectionOfThings
	backRefs   backRefs
	references references
}

func (c both) ActiveWithBackRefs(namespace string, fn func(gc.Node), bref func(gc.Node, gc.Node)) {
	c.backRefs.ActiveWithBackRefs(namespace, fn, bref)
}

func (c both) References(ctx context.Context, n gc.Node, fn func(gc.Node)) {
	c.references.References(ctx, n, fn)
}

// collector is things as one package's Collector, whose StartCollection returns
// an interface type C of that package.
type collector[C any] struct{ *things }

func (c collector[C]) StartCollection(context.Context) (C, error) {
	var none C
	started, err := c.start()
	if err != nil {
		return none, err
	}
	return started.(C), nil
}
