package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// SetScript registers a scripted Collector of resources of type t, or replaces its script.
func (e *Engine) SetScript(t gc.ResourceType, s Script) error {
	things, err := parseScript(s)
	if err != nil {
		return err
	}
	e.mu.Lock()
	c, taken := e.collector(t)
	e.mu.Unlock()
	if !taken {
		return e.RegisterCollector(t, &scripted{resource: t, label: s.Label, things: things})
	}
	ours, ok := c.(*scripted)
	if !ok {
		return invalid("collector: resource type %d has a Collector that is not scripted", t)
	}
	ours.set(s.Label, things)
	return nil
}

// ScriptOf returns the current script of the Collector of type t, without removed resources. It returns false if there
// is none.
func (e *Engine) ScriptOf(t gc.ResourceType) (Script, bool) {
	e.mu.Lock()
	c, _ := e.collector(t)
	e.mu.Unlock()
	ours, ok := c.(*scripted)
	if !ok {
		return Script{}, false
	}
	return ours.script(), true
}

// scripted is a Collector that follows a script. It implements both optional methods, and does nothing in a method for
// which its script has no entries.
type scripted struct {
	resource gc.ResourceType

	mu     sync.Mutex // never held during a call of other code
	label  string
	things []thing // immutable; replaced as a whole
}

// thing is a [ScriptedResource] with parsed nodes.
type thing struct {
	op.ScriptedResource
	backRefs, refs []gc.Node
}

func parseScript(s Script) ([]thing, error) {
	var things []thing
	for _, t := range s.Resources {
		read := thing{ScriptedResource: t}
		var err error
		if read.backRefs, err = parseNodes(t.BackRefs); err != nil {
			return nil, invalid("collector: %q: %v", t.Key, err)
		}
		if read.refs, err = parseNodes(t.Refs); err != nil {
			return nil, invalid("collector: %q: %v", t.Key, err)
		}
		things = append(things, read)
	}
	return things, nil
}

func parseNodes(names []string) (nodes []gc.Node, err error) {
	for _, name := range names {
		n, err := metadata.ParseNode(name)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

func (c *scripted) set(label string, things []thing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.label, c.things = label, things
}

func (c *scripted) get() (string, []thing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.label, c.things
}

func (c *scripted) script() Script {
	label, things := c.get()
	s := Script{Label: label}
	for _, t := range things {
		s.Resources = append(s.Resources, t.ScriptedResource)
	}
	return s
}

// Fork implements [Forker]: it returns a Collector with the same script.
func (c *scripted) Fork() metadata.Collector {
	label, things := c.get()
	return &scripted{resource: c.resource, label: label, things: things}
}

func (c *scripted) ReferenceLabel() string {
	label, _ := c.get()
	return label
}

func (c *scripted) StartCollection(context.Context) (metadata.CollectionContext, error) {
	_, things := c.get()
	return &scriptedCollection{c: c, things: things, removed: map[gc.Node]bool{}}, nil
}

// scriptedCollection is the part of a scripted Collector in one collection.
type scriptedCollection struct {
	c       *scripted
	things  []thing
	removed map[gc.Node]bool
}

func (s *scriptedCollection) node(t *thing) gc.Node {
	return gc.Node{Type: s.c.resource, Namespace: t.Namespace, Key: t.Key}
}

func (s *scriptedCollection) All(fn func(gc.Node)) {
	for i := range s.things {
		fn(s.node(&s.things[i]))
	}
}

func (s *scriptedCollection) Active(namespace string, fn func(gc.Node)) {
	s.ActiveWithBackRefs(namespace, fn, func(gc.Node, gc.Node) {})
}

func (s *scriptedCollection) ActiveWithBackRefs(namespace string, fn func(gc.Node), bref func(gc.Node, gc.Node)) {
	for i := range s.things {
		t := &s.things[i]
		if t.Namespace != namespace {
			continue
		}
		if t.Active {
			fn(s.node(t))
		}
		for _, from := range t.backRefs {
			bref(from, s.node(t))
		}
	}
}

func (s *scriptedCollection) Leased(namespace, lease string, fn func(gc.Node)) {
	for i := range s.things {
		if t := &s.things[i]; t.Namespace == namespace && slices.Contains(t.Leases, lease) {
			fn(s.node(t))
		}
	}
}

func (s *scriptedCollection) References(_ context.Context, n gc.Node, fn func(gc.Node)) {
	for i := range s.things {
		if t := &s.things[i]; s.node(t) == n {
			for _, to := range t.refs {
				fn(to)
			}
		}
	}
}

func (s *scriptedCollection) Remove(n gc.Node) { s.removed[n] = true }

func (s *scriptedCollection) Cancel() error { return nil }

func (s *scriptedCollection) Finish() error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	var left []thing
	for _, t := range s.c.things {
		if !s.removed[s.node(&t)] {
			left = append(left, t)
		}
	}
	s.c.things = left
	return nil
}
