package oracle

import (
	"context"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A Node is what the oracle looks at besides results: what is on a node's disks, the time, and whether it lives.
type Node interface {
	KV() *memkv.DB
	ContentBackend() *backend.Content
	SnapshotterBackend(name string) *backend.Snapshotter
	Clock() *engine.Clock
	Down() bool
}

// An Oracle follows a node by the Ops that are applied to it. It is for one goroutine.
type Oracle struct {
	node   Node
	setup  engine.Setup
	rules  rules
	mark   func(name string)
	spaces map[string]*space

	writers map[string]*writer
	calls   map[string]*waiting // that were left waiting
	faults  map[string]bool     // in force
	faulty  bool                // there was one since the node was made
	dropped bool                // the model has to be made anew
	unnamed bool                // a namespace was deleted that had ingests

	current *waiting // the call that is being applied

	// Collections counts those that swept; Removed is what they removed.
	Collections, Removed int
}

// A waiting call is one that was begun.
type waiting struct {
	op     engine.Op
	out    outcome
	risky  bool // a fault may have hit it
	waited bool
	done   bool // what it changes was seen to have changed
	sweeps map[string][]key
	times  []time.Time // at which it went on
	unseen bool        // it may have been done at a moment when it changed nothing
}

// New returns an oracle for a node on which nothing is stored yet. It tells mark of each situation that
// it meets; mark may be nil.
func New(node Node, s engine.Setup, mark func(name string)) *Oracle {
	if mark == nil {
		mark = func(string) {}
	}
	version := s.Rules
	if version == "" {
		version = "2.4"
	}
	return &Oracle{
		node: node, setup: s, rules: rulesOf[version], mark: mark,
		spaces: map[string]*space{}, writers: map[string]*writer{}, calls: map[string]*waiting{}, faults: map[string]bool{},
	}
}

func (o *Oracle) space(ns string) *space {
	s := o.spaces[ns]
	if s == nil {
		s = newSpace()
		o.spaces[ns] = s
	}
	return s
}

func (o *Oracle) now() time.Time { return o.node.Clock().Now() }

// Before is called with an Op that is about to be applied.
func (o *Oracle) Before(op engine.Op) {
	o.current = nil
	switch op.Name {
	case "calls.resume":
		if o.current = o.calls[args[engine.Named](op).Name]; o.current == nil || o.current.done {
			return
		}
		o.current.risky, o.current.waited = true, true // the world went on
	default:
		o.current = &waiting{op: op}
	}
	c := o.current
	if now := o.now(); len(c.times) == 0 || !c.times[len(c.times)-1].Equal(now) {
		c.times = append(c.times, now)
	}
	c.risky = c.risky || len(o.faults) > 0 || c.op.Canceled || c.op.Timeout > 0 || o.node.Down()
	if c.op.Name == "collect" {
		c.sweeps = o.garbage()
	} else if expect, ok := expectations[c.op.Name]; !ok || c.op.Tx != "" || c.op.Fork != "" {
		c.out = outcome{silent: true, blind: changesDatabase(c.op.Name)}
	} else {
		if c.out = expect(o, c.op); !wellFormed(c) {
			c.out = outcome{blind: true}
		}
	}
}

// After is called with what the Op of Before came to. It returns what is wrong, if anything is.
func (o *Oracle) After(op engine.Op, r engine.Result) *Problem {
	c := o.current
	if p := o.world(op, r); p != nil || c == nil {
		return p
	}
	switch {
	case r.Code == engine.Pending:
		o.calls[nameOf(op)] = c
		c.risky = true
	case op.Name == "calls.resume":
		delete(o.calls, args[engine.Named](op).Name)
	}
	var p *Problem
	switch {
	case c.done:
	case c.op.Name == "collect":
		p = o.collected(c, r)
	case c.out.blind:
		o.dropped = true
	case c.out.silent:
	default:
		p = o.check(c, r).by(c, r)
	}
	if p == nil && r.Code != engine.Pending {
		p = o.ended(c, r)
	}
	if o.dropped {
		o.dropped = false
		o.spaces = o.rebuild()
	}
	return p
}

func nameOf(op engine.Op) string {
	if op.Name == "calls.resume" {
		return args[engine.Named](op).Name
	}
	return op.Call
}

// changesDatabase reports whether an Op of which the model knows nothing may change what is stored.
func changesDatabase(name string) bool {
	switch name {
	case "faults.set", "faults.clear", "clock.advance", "clock.set", "clock.now", "clock.next", "calls.list", "calls.resume",
		"calls.cancel", "calls.abandon", "node.kill", "node.restart", "node.crash", "hash", "events", "collectors.set",
		"snapshots.setusage", "images.list", "leases.list", "leases.listresources", "content.walk", "content.liststatuses",
		"content.status", "snapshots.walk", "snapshots.mounts", "namespaces.list", "namespaces.labels", "namespaces.setlabel",
		"containers.get", "containers.list", "sandboxes.get", "sandboxes.list":
		return false
	}
	return true
}

// world follows what Ops do to what is around the database.
func (o *Oracle) world(op engine.Op, r engine.Result) *Problem {
	switch op.Name {
	case "faults.set":
		if r.Code == engine.OK {
			o.faults[args[engine.FaultSet](op).Name] = true
			o.faulty = true
		}
	case "faults.clear":
		if name := args[engine.Named](op).Name; name != "" {
			delete(o.faults, name)
		} else {
			clear(o.faults)
		}
	case "node.kill", "node.restart", "node.crash":
		clear(o.writers)
	case "calls.abandon":
		name := args[engine.Named](op).Name
		if c := o.calls[name]; c != nil {
			delete(o.calls, name)
			return o.settle(c, true)
		}
	}
	return nil
}

// ended follows the handles that calls open and close.
func (o *Oracle) ended(c *waiting, r engine.Result) *Problem {
	switch c.op.Name {
	case "writers.open":
		if a := args[engine.WriterOpen](c.op); r.Code == engine.OK {
			w := &writer{ns: c.op.NS, ref: a.Ref}
			if s := o.get(c.op, key{ingest, a.Ref}); s != nil && s.expected == string(a.Desc.Digest) {
				w.shares = s.expected
			}
			o.writers[a.Name] = w
		}
	case "writers.commit":
		if w := o.writers[args[engine.WriterCommit](c.op).Name]; w != nil {
			w.closed = true
			o.committedShared(w)
		}
	case "snapshots.prepare", "snapshots.view":
		if c.done && r.Code != engine.OK {
			o.storedThough(c)
		}
	case "writers.close":
		delete(o.writers, args[engine.Named](c.op).Name)
	case "content.read":
		a := args[engine.BlobRead](c.op)
		if data, ok := r.Value.([]byte); ok && r.Code == engine.OK && a.Offset == 0 && a.Size == 0 {
			if digest.FromBytes(data) != a.Digest {
				return problem(ruleBytes, "%s of %q reads as %d bytes of another digest", a.Digest, c.op.NS, len(data))
			}
		}
	}
	if o.node.Down() {
		clear(o.writers)
	}
	return nil
}

// Objects returns how many objects are stored.
func (o *Oracle) Objects() (n int) {
	for _, s := range o.spaces {
		n += len(s.objects)
	}
	return n
}

// committedShared notes a blob whose bytes went while a writer stood for it, after which the commit of that writer made a
// record without bytes. That is so in containerd too.
func (o *Oracle) committedShared(w *writer) {
	blob := o.space(w.ns).objects[key{content, w.shares}]
	if blob == nil {
		return
	}
	if _, err := o.node.ContentBackend().Info(context.Background(), digest.Digest(w.shares)); err != nil {
		o.mark("a shared blob whose bytes went before its commit")
		blob.shaky = true
	}
}

// storedThough notes a snapshot whose record was committed though the database said that it had failed: then the
// backend's part is removed again, and what is left is a record without. That is so in containerd too.
func (o *Oracle) storedThough(c *waiting) {
	for _, ch := range c.out.changes {
		if s := o.get(c.op, ch.key); s != nil && ch.after == s {
			s.shaky = true
		}
	}
}
