package proptest

import (
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/proptest/generate"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A watched system is one whose every Op the naive model sees.
type watched struct {
	System
	trial    *trial
	view     *view
	oracle   *oracle.Oracle
	problem  *oracle.Problem // the first
	canceled bool            // the calls that wait were, and nothing came of it yet
	tells    bool            // its collections say what they removed
	void     bool            // a call was given up where it waits, which none of a real daemon is
}

func (t *trial) watch(setup engine.Setup) *watched {
	v := &view{system: t.start(setup)}
	return &watched{System: v.system, trial: t, view: v, oracle: oracle.New(v, setup, t.mark)}
}

// apply applies an Op under the eyes of the model. After the first problem it does nothing.
func (w *watched) apply(op engine.Op) engine.Result {
	if w.problem != nil {
		return engine.Result{}
	}
	w.oracle.Before(op)
	var before map[object]memkv.Frozen
	if op.Name == collect.Name && !w.tells {
		before = objectsOf(w.System)
	}
	r := w.System.Apply(op)
	if op.Name == collect.Name {
		r = w.told(r, before)
	}
	w.void = w.void || op.Call == "" && r.Code == "failed_precondition" && strings.HasPrefix(r.Error, "would wait")
	w.problem = w.oracle.After(op, r)
	return r
}

// told returns the result of a collection in the form in which the model knows it: with what was removed, if the system
// doesn't tell, and without what Collectors removed that the model doesn't know.
func (w *watched) told(r engine.Result, before map[object]memkv.Frozen) engine.Result {
	c, tells := r.Value.(engine.Collection)
	switch {
	case tells:
		c.Removed = slices.DeleteFunc(slices.Clone(c.Removed), func(n gc.Node) bool {
			_, known := w.view.ScriptOf(n.Type)
			return n.Type > metadata.ResourceIngest && !known
		})
	case r.Code == engine.OK:
		for range gone(before, objectsOf(w.System)) {
			c.Removed = append(c.Removed, gc.Node{Type: metadata.ResourceContent}) // only how many they are counts
		}
	default:
		return r
	}
	w.tells, r.Value = tells, c
	return r
}

// collections is within how many of them everything that nothing keeps must be gone.
const collections = 2

// settle is what ends a history: the faults stop, calls that wait come to their end, there are collections, and where
// daemons can die, the same once more after a restart.
func (w *watched) settle() {
	if w.trial.promises[Faults] {
		w.apply(engine.Op{Name: "faults.clear"})
	}
	if w.trial.promises[Turns] {
		w.unstick()
	}
	restarts := []bool{false}
	if w.trial.promises[Crashes] {
		if stateOf(w.System).Down {
			w.apply(engine.Op{Name: "node.crash"})
		}
		restarts = append(restarts, true)
	}
	for _, restarted := range restarts {
		if restarted {
			w.apply(engine.Op{Name: "node.crash"})
		}
		for range collections {
			w.apply(collect)
		}
		if w.problem == nil {
			w.problem = w.oracle.Quiet()
		}
		if w.problem != nil && rules[w.problem.Rule] == lawOrphans && !w.trial.promises[Tidies] {
			w.problem = nil
		}
	}
}

// unstick has calls that wait go on: those that can do, or else time does, or else they are canceled. What even then
// doesn't end, the death of the daemon ends.
func (w *watched) unstick() {
	for range 100 {
		list, _ := w.apply(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall)
		if len(list) == 0 || w.problem != nil {
			return
		}
		went := false
		for _, call := range list {
			if call.Ready {
				went = true
				w.apply(engine.Op{Name: "calls.resume", Args: engine.Named{Name: call.Name}})
			}
		}
		switch {
		case went:
		case !w.canceled:
			for _, call := range list {
				w.apply(engine.Op{Name: "calls.cancel", Args: engine.Named{Name: call.Name}})
			}
		default:
			w.apply(engine.Op{Name: "node.crash"})
		}
		w.canceled = !went && !w.canceled
	}
}

// broken says which law a problem of the model breaks.
func (w *watched) broken() *broken {
	p := w.problem
	if p == nil || w.void {
		return nil
	}
	law, known := rules[p.Rule]
	switch {
	case !known:
		law = lawModel
	case strings.Contains(p.Detail, ", but it changed "):
		law = lawAtomic
	}
	return &broken{law: law, rule: p.Rule + " " + p.Call, detail: p.Detail}
}

// rules are the laws that are broken where the model finds one of its own rules broken.
var rules = map[string]string{
	"a collection removed what something keeps":               lawKept,
	"the backend lost what the metadata names":                lawKept,
	"a collection left what nothing keeps":                    lawSwept,
	"garbage is left after the faults stopped":                lawSwept,
	"an orphan is left in a backend after the faults stopped": lawOrphans,
	"a call was done by half":                                 lawAtomic,
	"a call came to something else than it should":            lawModel,
	"a call did something else than it said":                  lawModel,
	"a collection told something else than it did":            lawModel,
	"the database is not what the calls made it":              lawModel,
	"a collection failed without a fault":                     lawModel,
}

// A view is a system as the model looks at it.
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

// Forked returns nil: histories make no forks by Ops.
func (v *view) Forked(string) *engine.Engine { return nil }

// ScriptOf asks for the script of a Collector; false if there is none, or the system has no such thing.
func (v *view) ScriptOf(t gc.ResourceType) (engine.Script, bool) {
	script, ok := v.system.Apply(engine.Op{Name: "collectors.get", Args: engine.CollectorType{Type: uint8(t)}}).Value.(engine.Script)
	return script, ok
}

// watchedToTheEnd is the law that the model finds nothing wrong.
func watchedToTheEnd(t *trial, h generate.History) *broken {
	w := t.watch(h.Setup)
	for _, op := range h.Ops {
		w.apply(op)
	}
	w.settle()
	return w.broken()
}
