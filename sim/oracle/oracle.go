package oracle

import (
	"time"

	"github.com/containerd/containerd/v2/pkg/gc"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A Node is the part of a node that the oracle reads besides results: the contents of its disks, the clock, the scripts
// of Collectors, and whether the daemon is down. *engine.Engine implements it.
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

// An Oracle follows a node Op by Op and checks each step against its model. It must see every Op that is applied, from
// the first on. It is for one goroutine.
//
// Invariants, between two calls of its methods:
//   - writeTx is nil, or one of transactions and writable.
//   - spare is not among calls. current is nil, spare, or a call that was suspended before; it is not used after After.
//   - model holds the committed records, with the changes of writeTx applied; writeTx.before holds the values from
//     before it.
//   - modelStale is false: After rebuilds the model before it returns.
//   - position is at most the number of objects that the model had when the last check ended.
type Oracle struct {
	node   Node
	setup  engine.Setup
	rules  rules
	mark   func(Mark)
	model  *model
	mirror *model // the stored records when reread was called last; nil before the first call

	scripts      map[gc.ResourceType]engine.Script // of the Collectors that Ops registered
	scriptsStale bool                              // a collection of unknown outcome may have removed resources from scripts
	transactions map[string]*transaction           // open ones, by name
	writeTx      *transaction                      // the open writable transaction, or nil
	forks        map[string]*Oracle                // by the name of the fork

	ops      int // Ops since the last collection
	position int // index in model.objects of the next object to check

	writers    map[string]*writer // open ones, by name
	calls      map[string]*call   // suspended ones, by name
	faults     map[string]string  // the targets of the faults in force, by the fault's name
	hadFault   bool               // a fault was set since the node was made
	modelStale bool               // an Op changed the database in an unknown way: rebuild the model

	// leftovers reports that backends may hold data without a record, under a name that a later call needs: a
	// transaction was rolled back, a commit of a snapshot failed, or a namespace was deleted.
	leftovers bool

	current *call // the call in progress; nil if an unknown call is resumed
	spare   *call // reused by the next call, unless that is suspended

	// Collections counts the collections that swept; Removed counts the records that they removed.
	Collections, Removed int
}

// A call is an Op in progress: begun, and perhaps suspended.
//
// Invariants: suspended implies uncertain. Once applied is set, out.changes are in the model and nothing more is
// checked. times has the clock at the start and at each resumption, without repetitions in a row. Only collections have
// sweeps, reports and found; sweeps is recomputed at each resumption, and reports and found grow.
type call struct {
	op        engine.Op
	out       outcome
	uncertain bool             // a fault, a cancellation or another call may have affected it: any error is accepted
	suspended bool             // it was resumed at least once
	applied   bool             // its changes were found in the database and applied to the model
	sweeps    []*sweep         // the sweeps that are accepted; the first is the expected one
	reports   [][]report       // the reports of Collectors, one list for each start or resumption
	found     []map[place]bool // the garbage at each start or resumption, and for each clock until then
	times     []time.Time      // the clock, one time for each start or resumption
	maybeNoop bool             // it may have run already, at a moment when it had nothing to change
}

// New returns an oracle for an empty node that was made as s says. It calls mark for each situation that it observes;
// mark may be nil.
func New(node Node, s engine.Setup, mark func(Mark)) *Oracle {
	if mark == nil {
		mark = func(Mark) {}
	}
	version := s.Rules
	if version == "" {
		version = "2.4"
	}
	return &Oracle{
		node: node, setup: s, rules: rulesOf[version], mark: mark,
		model: newModel(rulesOf[version]), writers: map[string]*writer{}, calls: map[string]*call{}, faults: map[string]string{},
		spare: &call{}, transactions: map[string]*transaction{}, forks: map[string]*Oracle{},
		scripts: map[gc.ResourceType]engine.Script{},
	}
}

func (o *Oracle) space(ns string) *space { return o.model.space(ns) }

func (o *Oracle) now() time.Time { return o.node.Clock().Now() }

// Before prepares the check of an Op. Call it right before the Op is applied.
func (o *Oracle) Before(op engine.Op) {
	if on := o.target(op); on != nil {
		on.before(op)
	}
}

// After checks the result of the Op that was passed to Before, and the node's state. It returns the first problem, or
// nil.
func (o *Oracle) After(op engine.Op, r engine.Result) *Problem {
	if on := o.target(op); on != nil {
		if p := on.after(op, r); p != nil {
			return p
		}
	}
	return o.trackForks(op, r)
}

func (o *Oracle) before(request engine.Op) {
	o.current = nil
	o.ops++
	switch request.Name {
	case op.CallsResume:
		if o.current = o.calls[args[op.Named](request).Name]; o.current == nil || o.current.applied {
			return
		}
		o.current.uncertain, o.current.suspended = true, true // other calls ran in between
	default:
		o.current = o.spare
		*o.current = call{op: request, times: o.current.times[:0]}
	}
	c := o.current
	if now := o.now(); len(c.times) == 0 || !c.times[len(c.times)-1].Equal(now) {
		c.times = append(c.times, now)
	}
	// A call without a name is refused if it would have to wait for others.
	unnamed := o.setup.Turns && c.op.Call == "" && (o.writeTx != nil || len(o.calls) > 0)
	c.uncertain = c.uncertain || len(o.faults) > 0 || c.op.Canceled || c.op.Timeout > 0 || o.node.Down() || unnamed
	if c.op.Name == op.Collect {
		c.sweeps = o.sweeps(c)
		return
	}
	switch expect := expectations[c.op.Name]; {
	case c.op.Tx != "":
		c.out = o.expectInTransaction(c, expect)
	case expect == nil:
		c.out = outcome{ignored: true, unmodelled: changesDatabase(c.op.Name)}
	default:
		c.out = expect(o, c.op)
	}
	if !wellFormed(c) {
		c.out = outcome{unmodelled: true}
	}
}

func (o *Oracle) after(request engine.Op, r engine.Result) *Problem {
	c := o.current
	if p := o.trackNode(request, r); p != nil || c == nil {
		return p
	}
	switch {
	case r.Code == op.Pending:
		o.calls[nameOf(request)] = c
		c.uncertain = true
		if c == o.spare {
			o.spare = &call{}
		}
		if c.op.Name == op.Collect && !c.applied {
			o.noteFound(c) // before the model has the sweep
		}
	case request.Name == op.CallsResume:
		delete(o.calls, args[op.Named](request).Name)
	}
	var p *Problem
	switch {
	case c.applied:
	case c.op.Name == op.Collect:
		p = o.checkCollection(c, r)
	case c.op.Tx != "":
		p = o.checkInTransaction(c, r).by(c, r)
	case c.op.Name == op.TxCommit || c.op.Name == op.TxRollback:
		p = o.checkEnd(c, r).by(c, r)
	case c.out.unmodelled:
		o.modelStale = true
	case c.out.ignored:
	default:
		p = o.check(c, r).by(c, r)
	}
	if p == nil && r.Code != op.Pending {
		p = o.trackHandles(c, r)
	}
	if o.modelStale {
		o.modelStale = false
		o.model = o.rebuild()
		for _, t := range o.transactions {
			t.unknown = true
		}
	}
	return p
}

// nameOf returns the name of the call that an Op starts or resumes.
func nameOf(o engine.Op) string {
	if o.Name == op.CallsResume {
		return args[op.Named](o).Name
	}
	return o.Call
}

// changesDatabase reports whether an Op without an expectation may change the database.
func changesDatabase(name op.Name) bool {
	switch name {
	case op.FaultsSet, op.FaultsClear, op.ClockAdvance, op.ClockSet, op.ClockNow, op.ClockNext, op.CallsList, op.CallsResume,
		op.CallsCancel, op.CallsAbandon, op.NodeKill, op.NodeRestart, op.NodeCrash, op.NodeFork, op.NodeDrop, op.TxBegin,
		op.Hash, op.Events, op.CollectorsSet, op.CollectorsGet, op.ScheduleState, op.Plan, op.Why, op.Top, op.Fsck, op.Inspect, op.Diff,
		op.Dump, op.Expiry, op.ReadersOpen, op.ReadersRead, op.ReadersClose,
		op.SnapshotsSetUsage, op.ImagesList, op.LeasesList, op.LeasesListResources, op.ContentWalk, op.ContentListStatuses,
		op.ContentStatus, op.SnapshotsWalk, op.SnapshotsMounts, op.NamespacesList, op.NamespacesLabels, op.NamespacesSetLabel,
		op.ContainersGet, op.ContainersList, op.SandboxesGet, op.SandboxesList:
		return false
	}
	return true
}

// trackNode follows the Ops that change the surroundings of the database: faults, crashes, and abandoned calls.
func (o *Oracle) trackNode(request engine.Op, r engine.Result) *Problem {
	switch request.Name {
	case op.FaultsSet:
		if r.Code == op.OK {
			a := args[op.FaultsSetArgs](request)
			o.faults[a.Name] = a.Fault.On
			o.hadFault = true
		}
	case op.FaultsClear:
		if name := args[op.Named](request).Name; name != "" {
			delete(o.faults, name)
		} else {
			clear(o.faults)
		}
	case op.NodeKill, op.NodeRestart, op.NodeCrash:
		clear(o.writers)
		return o.endAll()
	case op.CallsAbandon:
		name := args[op.Named](request).Name
		if c := o.calls[name]; c != nil {
			delete(o.calls, name)
			if t := o.transactions[c.op.Tx]; t != nil {
				t.unknown = true
				return nil
			}
			return o.resolve(c, true)
		}
	}
	return nil
}

// trackHandles follows the handles and scripts that a finished call opened, changed or closed.
func (o *Oracle) trackHandles(c *call, r engine.Result) *Problem {
	switch c.op.Name {
	case op.CollectorsSet:
		if a := args[op.CollectorsSetArgs](c.op); r.Code == op.OK {
			o.scripts[gc.ResourceType(a.Type)] = a.Script
		}
	case op.TxBegin:
		if r.Code == op.OK {
			o.beginTransaction(args[op.TxBeginArgs](c.op))
		}
	case op.WritersOpen:
		if a := args[op.WritersOpenArgs](c.op); r.Code == op.OK {
			w := &writer{ns: c.op.NS, ref: a.Ref}
			if s := o.get(c.op, key{ingest, a.Ref}); s != nil && s.expected == string(a.Desc.Digest) {
				w.shares = s.expected
			}
			o.writers[a.Name] = w
		}
	case op.NamespacesDelete:
		o.leftovers = o.leftovers || r.Code == op.OK // a new namespace numbers its snapshots from one again
	case op.WritersWrite:
		a := args[op.WritersWriteArgs](c.op)
		if w := o.writers[a.Name]; w != nil && r.Code == op.OK && len(a.Data) > 0 {
			w.shares = ""
		}
	case op.WritersCommit:
		if w := o.writers[args[op.WritersCommitArgs](c.op).Name]; w != nil {
			w.closed = r.Code != aborted
			if r.Code == aborted {
				o.mark(SharedBytesLost)
				w.shares = ""
			}
		}
	case op.SnapshotsPrepare, op.SnapshotsView:
		if c.applied && r.Code != op.OK {
			o.markStored(c)
		}
	case op.WritersClose:
		delete(o.writers, args[op.Named](c.op).Name)
	case op.ContentRead:
		a := args[op.ContentReadArgs](c.op)
		if data, ok := r.Value.([]byte); ok && r.Code == op.OK && a.Offset == 0 && a.Size == 0 {
			if digest.FromBytes(data) != a.Digest {
				return problem(LostBytes, "%s of %q reads as %d bytes of another digest", a.Digest, c.op.NS, len(data))
			}
		}
	}
	if o.node.Down() {
		clear(o.writers)
		return o.endAll()
	}
	return nil
}

// Objects returns the number of objects in the model.
func (o *Oracle) Objects() int { return len(o.model.objects) }

// markStored notes a snapshot that was committed to the database although the database reported a failure. The node
// then removes the snapshot from the backend, so the record has no counterpart there. containerd does the same.
func (o *Oracle) markStored(c *call) {
	for _, ch := range c.out.changes {
		if s := o.get(c.op, ch.key); s != nil && ch.after == s {
			s.backendUnknown = true
		}
	}
}
