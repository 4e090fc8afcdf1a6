package proptest

import (
	"errors"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A monitor applies Ops to a system and has the oracle check each of them.
//
// Invariants: once problem is set, apply does nothing. waiting has the names of all suspended calls; the keys of busy
// are among them. refs has the ingest of every writer that was opened, whether or not the writer is still open.
type monitor struct {
	System
	trial    *trial
	view     *view
	oracle   *oracle.Oracle
	problem  *oracle.Problem      // the first one, or nil
	canceled bool                 // unblock has canceled the suspended calls, and none has ended since
	reports  bool                 // the system's collections report their removals
	busy     map[string]ingestUse // the ingests that suspended calls use, by the name of the call
	refs     map[string]ingestUse // the ingests of writers, by the name of the writer
	waiting  map[string]bool      // the names of suspended calls
	refused  bool                 // the system refused a call that would have had to wait; a real daemon would not
}

func (t *trial) monitor(setup engine.Setup) *monitor {
	v := &view{system: t.start(setup)}
	mark := func(m oracle.Mark) { t.mark(string(m)) }
	return &monitor{
		System: v.system, trial: t, view: v, oracle: oracle.New(v, setup, mark),
		busy: map[string]ingestUse{}, refs: map[string]ingestUse{}, waiting: map[string]bool{},
	}
}

// apply applies an Op and checks it. It skips the Op after the first problem, if it uses a writer or an ingest that a
// suspended call uses, and if its call has the name of a suspended call.
func (w *monitor) apply(op engine.Op) engine.Result {
	if w.problem != nil || w.overlaps(op) || w.waiting[op.Call] {
		return engine.Result{}
	}
	w.oracle.Before(op)
	var before map[object]memkv.Frozen
	if op.Name == collect.Name && !w.reports {
		before = objectsOf(w.System)
	}
	r := w.System.Apply(op)
	r = w.collectionResult(op, r, before)
	w.refused = w.refused || errors.Is(r.Err(), engine.ErrWouldWait)
	w.problem = w.oracle.After(op, r)
	w.trackWaiting(op, r)
	return r
}

// collectionResult converts the result of a collection for the oracle. If the system reports removals, it drops the
// resources of Collectors that the oracle does not know. Otherwise it counts the records that disappeared, and reports
// as many blobs: the oracle only compares the number.
func (w *monitor) collectionResult(o engine.Op, r engine.Result, before map[object]memkv.Frozen) engine.Result {
	c, reports := r.Value.(engine.Collection)
	switch {
	case reports:
		w.reports = true
		c.Removed = slices.DeleteFunc(slices.Clone(c.Removed), func(n gc.Node) bool {
			_, known := w.view.ScriptOf(n.Type)
			return n.Type > metadata.ResourceIngest && !known
		})
	case o.Name == collect.Name && r.Code == op.OK:
		for range gone(before, objectsOf(w.System)) {
			c.Removed = append(c.Removed, gc.Node{Type: metadata.ResourceContent})
		}
	default:
		return r
	}
	r.Value = c
	return r
}

// checkModel applies a history to a new system and returns the first problem of the oracle.
func checkModel(t *trial, h generate.History) *violation {
	w := t.monitor(h.Setup)
	for _, op := range h.Ops {
		w.apply(op)
	}
	w.settle()
	return w.violation()
}

// checkClients is checkModel, with a final crash that ends the transactions which clients left open.
func checkClients(t *trial, h generate.History) *violation {
	h.Ops = append(slices.Clip(h.Ops), engine.Op{Name: op.NodeCrash})
	return checkModel(t, h)
}

// violation returns the law that the oracle's problem breaks, or nil. A history with a refused call breaks no law.
func (w *monitor) violation() *violation {
	p := w.problem
	if p == nil || w.refused {
		return nil
	}
	return &violation{law: lawOf(p.Rule), rule: string(p.Rule) + " " + p.Call, detail: p.Detail}
}

// lawOf returns the law that a violation of one of the oracle's rules breaks.
func lawOf(rule oracle.Rule) LawName {
	switch rule {
	case oracle.LostObject, oracle.LostBytes:
		return ReachableStays
	case oracle.LeftGarbage, oracle.GarbageRemains:
		return UnreachableGoes
	case oracle.OrphanRemains:
		return NoOrphans
	case oracle.PartialCall, oracle.FailedCallChanged:
		return FailedCall
	default:
		return AgreesWithModel
	}
}

// A view presents a system to the oracle.
type view struct {
	system System
	clock  engine.Clock
}

func (v *view) KV() *memkv.DB                    { return stateOf(v.system).Metadata }
func (v *view) ContentBackend() *backend.Content { return stateOf(v.system).Content }
func (v *view) Down() bool                       { return stateOf(v.system).Down }

func (v *view) Clock() *engine.Clock {
	v.clock.Set(stateOf(v.system).Now)
	return &v.clock
}

func (v *view) SnapshotterBackend(name string) *backend.Snapshotter {
	if s := stateOf(v.system).Snapshots[name]; s != nil {
		return s
	}
	return backend.NewSnapshotter(v.clock.Now, "")
}

// Forked returns nil, because histories have no Ops on forks.
func (v *view) Forked(string) *engine.Engine { return nil }

// ScriptOf returns the script of a Collector. It is false if there is none, or the system has no scripts.
func (v *view) ScriptOf(t gc.ResourceType) (engine.Script, bool) {
	script, ok := v.system.Apply(engine.Op{Name: op.CollectorsGet, Args: op.CollectorsGetArgs{Type: uint8(t)}}).Value.(engine.Script)
	return script, ok
}
