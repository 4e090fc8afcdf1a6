package oracle

import (
	"time"

	"github.com/containerd/containerd/v2/pkg/gc"
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
	ScriptOf(t gc.ResourceType) (engine.Script, bool)
	Clock() *engine.Clock
	Down() bool
	// Forked returns the fork of that name, or nil.
	Forked(name string) *engine.Engine
}

// An Oracle follows a node by the Ops that are applied to it. It is for one goroutine.
type Oracle struct {
	node  Node
	setup engine.Setup
	rules rules
	mark  func(name string)
	model *model

	scripts      map[gc.ResourceType]engine.Script // of Collectors that Ops registered
	unheard      bool                              // they may have changed since
	transactions map[string]*transaction
	writing      *transaction       // the one of them that writes
	forks        map[string]*Oracle // by name

	ops  int // since the last collection
	turn int // among the objects, of the one to be looked at next

	writers map[string]*writer
	calls   map[string]*waiting // that were left waiting
	faults  map[string]string   // in force, and on what
	faulty  bool                // there was one since the node was made
	dropped bool                // the model has to be made anew

	// leftover says that a transaction was rolled back, a commit of a snapshot failed, or a namespace went: what the
	// backends have of it may be in the way of what has the same name, and perhaps now the same number.
	leftover bool

	current *waiting // the call that is being applied
	spare   *waiting // for the next call

	// Collections counts those that swept; Removed is what they removed.
	Collections, Removed int
}

// A waiting call is one that was begun.
type waiting struct {
	op     engine.Op
	out    outcome
	risky  bool // a fault may have hit it
	waited bool
	done   bool        // what it changes was seen to have changed
	sweeps []*sweep    // what it may remove: first what it should
	said   [][]said    // whenever it went on
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
		model: newModel(rulesOf[version]), writers: map[string]*writer{}, calls: map[string]*waiting{}, faults: map[string]string{},
		spare: &waiting{}, transactions: map[string]*transaction{}, forks: map[string]*Oracle{},
		scripts: map[gc.ResourceType]engine.Script{},
	}
}

func (o *Oracle) space(ns string) *space { return o.model.space(ns) }

func (o *Oracle) now() time.Time { return o.node.Clock().Now() }

// Before is called with an Op that is about to be applied.
func (o *Oracle) Before(op engine.Op) {
	if on := o.of(op); on != nil {
		on.before(op)
	}
}

// After is called with what the Op of Before came to. It returns what is wrong, if anything is.
func (o *Oracle) After(op engine.Op, r engine.Result) *Problem {
	if on := o.of(op); on != nil {
		if p := on.after(op, r); p != nil {
			return p
		}
	}
	return o.forked(op, r)
}

func (o *Oracle) before(op engine.Op) {
	o.current = nil
	o.ops++
	switch op.Name {
	case "calls.resume":
		if o.current = o.calls[args[engine.Named](op).Name]; o.current == nil || o.current.done {
			return
		}
		o.current.risky, o.current.waited = true, true // the world went on
	default:
		o.current = o.spare
		*o.current = waiting{op: op, times: o.current.times[:0]}
	}
	c := o.current
	if now := o.now(); len(c.times) == 0 || !c.times[len(c.times)-1].Equal(now) {
		c.times = append(c.times, now)
	}
	// A call without a name, where others may be left waiting, is given up if it would have to wait.
	unnamed := o.setup.Turns && c.op.Call == "" && (o.writing != nil || len(o.calls) > 0)
	c.risky = c.risky || len(o.faults) > 0 || c.op.Canceled || c.op.Timeout > 0 || o.node.Down() || unnamed
	if c.op.Name == "collect" {
		c.sweeps = o.sweeps(c)
		return
	}
	switch expect := expectations[c.op.Name]; {
	case c.op.Tx != "":
		c.out = o.takePart(c, expect)
	case expect == nil:
		c.out = outcome{silent: true, blind: changesDatabase(c.op.Name)}
	default:
		c.out = expect(o, c.op)
	}
	if !wellFormed(c) {
		c.out = outcome{blind: true}
	}
}

func (o *Oracle) after(op engine.Op, r engine.Result) *Problem {
	c := o.current
	if p := o.world(op, r); p != nil || c == nil {
		return p
	}
	switch {
	case r.Code == engine.Pending:
		o.calls[nameOf(op)] = c
		c.risky = true
		if c == o.spare {
			o.spare = &waiting{}
		}
	case op.Name == "calls.resume":
		delete(o.calls, args[engine.Named](op).Name)
	}
	var p *Problem
	switch {
	case c.done:
	case c.op.Name == "collect":
		p = o.collected(c, r)
	case c.op.Tx != "":
		p = o.took(c, r).by(c, r)
	case c.op.Name == "tx.commit" || c.op.Name == "tx.rollback":
		p = o.ending(c, r).by(c, r)
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
		o.model = o.rebuild()
		for _, t := range o.transactions {
			t.doubtful = true
		}
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
		"calls.cancel", "calls.abandon", "node.kill", "node.restart", "node.crash", "node.fork", "node.drop", "tx.begin",
		"hash", "events", "collectors.set", "collectors.get", "schedule.state", "plan", "why", "top", "fsck", "inspect", "diff",
		"dump", "expiry", "readers.open", "readers.read", "readers.close",
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
			a := args[engine.FaultSet](op)
			o.faults[a.Name] = a.Fault.On
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
		return o.endAll()
	case "calls.abandon":
		name := args[engine.Named](op).Name
		if c := o.calls[name]; c != nil {
			delete(o.calls, name)
			if t := o.transactions[c.op.Tx]; t != nil {
				t.doubtful = true
				return nil
			}
			return o.settle(c, true)
		}
	}
	return nil
}

// ended follows the handles that calls open and close.
func (o *Oracle) ended(c *waiting, r engine.Result) *Problem {
	switch c.op.Name {
	case "collectors.set":
		if a := args[engine.CollectorSet](c.op); r.Code == engine.OK {
			o.scripts[gc.ResourceType(a.Type)] = a.Script
		}
	case "tx.begin":
		if r.Code == engine.OK {
			o.began(args[engine.TxBegin](c.op))
		}
	case "writers.open":
		if a := args[engine.WriterOpen](c.op); r.Code == engine.OK {
			w := &writer{ns: c.op.NS, ref: a.Ref}
			if s := o.get(c.op, key{ingest, a.Ref}); s != nil && s.expected == string(a.Desc.Digest) {
				w.shares = s.expected
			}
			o.writers[a.Name] = w
		}
	case "namespaces.delete":
		o.leftover = o.leftover || r.Code == engine.OK // it counts snapshots from one again
	case "writers.write":
		a := args[engine.WriterWrite](c.op)
		if w := o.writers[a.Name]; w != nil && r.Code == engine.OK && len(a.Data) > 0 {
			w.shares = "" // it has an ingest of its own now
		}
	case "writers.commit":
		if w := o.writers[args[engine.WriterCommit](c.op).Name]; w != nil {
			w.closed = r.Code != aborted
			if r.Code == aborted {
				o.mark("a shared blob whose bytes went before its commit")
				w.shares = ""
			}
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
		return o.endAll()
	}
	return nil
}

// Objects returns how many objects are stored.
func (o *Oracle) Objects() int { return len(o.model.objects) }

// storedThough notes a snapshot whose record was committed though the database said that it had failed: then the
// backend's part is removed again, and what is left is a record without. That is so in containerd too.
func (o *Oracle) storedThough(c *waiting) {
	for _, ch := range c.out.changes {
		if s := o.get(c.op, ch.key); s != nil && ch.after == s {
			s.shaky = true
		}
	}
}
