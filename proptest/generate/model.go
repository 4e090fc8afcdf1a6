package generate

import (
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A recordKind is the kind of a record that calls name.
type recordKind int

const (
	aBlob recordKind = iota
	anActive
	aCommitted
	anImage
	aContainer
	aSandbox
	aLease
	anIngest
	recordKinds
)

// A place is the name of a record that a call made.
type place struct{ ns, snapshotter, name string }

// A Model is an estimate of a history's effects, so that the next call relates to earlier ones. It assumes that every
// call succeeds. It is immutable.
//
// Invariants: made has no duplicates. todo has the remaining Ops of earlier steps, in order. calls is at least the
// number of calls so far, so that nth(calls) is an unused name.
type Model struct {
	Setup engine.Setup

	sorts  Sort
	spaces Pool  // the namespaces of the history
	rows   []row // the kinds of steps of the history
	now    time.Time
	made   [recordKinds][]place // by kind
	todo   []engine.Op          // the rest of earlier steps
	calls  int                  // numbers the names of calls
}

// A Step is an Op, and Ops that belong to it and follow later.
type Step struct {
	Op   engine.Op
	then []engine.Op
	due  bool // it is the rest of an earlier step
}

// Next draws the next step.
func (m Model) Next(c Chance) Step {
	if len(m.todo) > 0 && !c.OneIn(5) {
		return Step{Op: m.todo[0], due: true}
	}
	ops := weighted(c, m.rows, func(r row) int { return r.weight }).draw(c, m)
	for i := range ops {
		m.dress(c, &ops[i], m.calls+i)
	}
	return Step{Op: ops[0], then: ops[1:]}
}

// dress draws the circumstances of a call: whether it is canceled, and its name. number is its index in the history.
func (m Model) dress(c Chance, op *engine.Op, number int) {
	if m.sorts&Cancel != 0 && c.OneIn(15) && isCall(op.Name) {
		op.Canceled = true
	}
	if m.sorts&Turn != 0 && isCall(op.Name) {
		op.Call = nth(number) // a call without a name is refused if it has to wait
	}
}

// isCall reports whether an Op is a call of a store, or a collection.
func isCall(name op.Name) bool {
	return !slices.Contains([]op.Name{op.ClockAdvance, op.FaultsSet, op.FaultsClear, op.NodeCrash, op.CallsResume, op.CallsCancel}, name)
}

// After returns the model after a step.
func (m Model) After(s Step) Model {
	o := s.Op
	m.calls += 1 + len(s.then)
	if s.due && len(m.todo) > 0 {
		m.todo = m.todo[1:]
	}
	m.todo = append(slices.Clip(m.todo), s.then...)
	switch a := o.Args.(type) {
	case op.ClockAdvanceArgs:
		m.now = m.now.Add(a.By)
	case op.WritersOpenArgs:
		m = m.with(anIngest, place{o.NS, "", a.Ref})
	case op.WritersCommitArgs:
		m = m.with(aBlob, place{o.NS, "", string(a.Expected)})
	case op.SnapshotCreate:
		m = m.with(anActive, place{o.NS, a.Snapshotter, a.Key})
	case op.SnapshotsCommitArgs:
		m = m.with(aCommitted, place{o.NS, a.Snapshotter, a.Name})
	case op.ImageRecord:
		m = m.with(anImage, place{o.NS, "", a.Image.Name})
	case op.ContainerRecord:
		m = m.with(aContainer, place{o.NS, "", a.Container.ID})
	case op.SandboxRecord:
		m = m.with(aSandbox, place{o.NS, "", a.Sandbox.ID})
	case op.LeasesCreateArgs:
		m = m.with(aLease, place{o.NS, "", a.ID})
	}
	return m
}

// with returns the model with a record.
func (m Model) with(t recordKind, p place) Model {
	if !slices.Contains(m.made[t], p) {
		m.made[t] = append(slices.Clip(m.made[t]), p)
	}
	return m
}

// known draws a record of the kind in the namespace that was made. If there is none, or one time in five, it draws any
// name.
func (m Model) known(c Chance, t recordKind, ns string, p Pool) place {
	if some := m.madeIn(t, ns); len(some) > 0 && !c.OneIn(5) {
		return Pick(c, some...)
	}
	return place{ns, c.Name("st"), c.Name(p)}
}

// madeIn returns the records of the kind in the namespace.
func (m Model) madeIn(t recordKind, ns string) (some []place) {
	for _, p := range m.made[t] {
		if p.ns == ns {
			some = append(some, p)
		}
	}
	return some
}

// blob draws the digest of a blob, preferably one in the namespace.
func (m Model) blob(c Chance, ns string) digest.Digest {
	if p := m.known(c, aBlob, ns, Blobs); len(p.name) > 1 {
		return digest.Digest(p.name)
	}
	return c.Digest()
}
