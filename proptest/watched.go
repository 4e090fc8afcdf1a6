package proptest

import (
	"regexp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
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
	busy     map[string]busy // by the names of calls that wait
	refs     map[string]busy // by the names of writers
	waiting  map[string]bool // the names of calls
	void     bool            // a call was given up where it waits, which none of a real daemon is
}

func (t *trial) watch(setup engine.Setup) *watched {
	v := &view{system: t.start(setup)}
	return &watched{System: v.system, trial: t, view: v, busy: map[string]busy{}, refs: map[string]busy{}, waiting: map[string]bool{}, oracle: oracle.New(v, setup, t.mark)}
}

// apply applies an Op under the eyes of the model. After the first problem it does nothing, no client uses a writer
// while another call of it waits, and no two calls that wait have one name.
func (w *watched) apply(op engine.Op) engine.Result {
	if w.problem != nil || w.overlaps(op) || w.waiting[op.Call] {
		return engine.Result{}
	}
	w.oracle.Before(op)
	var before map[object]memkv.Frozen
	if op.Name == collect.Name && !w.tells {
		before = objectsOf(w.System)
	}
	r := w.System.Apply(op)
	r = w.told(op, r, before)
	w.void = w.void || r.Code == "failed_precondition" && givenUp.MatchString(r.Error)
	w.problem = w.oracle.After(op, r)
	w.follow(op, r)
	return r
}

// givenUp matches why a call fails that would have to wait and can't: it has no name, or there are no turns.
var givenUp = regexp.MustCompile(`^would wait|^transaction .* is open: end it first, or take part in it`)

// told returns the result of a collection in the form in which the model knows it: with what was removed, if the system
// doesn't tell, and without what Collectors removed that the model doesn't know.
func (w *watched) told(op engine.Op, r engine.Result, before map[object]memkv.Frozen) engine.Result {
	c, tells := r.Value.(engine.Collection)
	switch {
	case tells:
		w.tells = true
		c.Removed = slices.DeleteFunc(slices.Clone(c.Removed), func(n gc.Node) bool {
			_, known := w.view.ScriptOf(n.Type)
			return n.Type > metadata.ResourceIngest && !known
		})
	case op.Name == collect.Name && r.Code == engine.OK:
		for range gone(before, objectsOf(w.System)) {
			c.Removed = append(c.Removed, gc.Node{Type: metadata.ResourceContent}) // only how many they are counts
		}
	default:
		return r
	}
	r.Value = c
	return r
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

// checkClients is the same, with a restart in the end that ends the transactions which clients have left open.
func checkClients(t *trial, h generate.History) *broken {
	h.Ops = append(slices.Clip(h.Ops), engine.Op{Name: "node.crash"})
	return watchedToTheEnd(t, h)
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
