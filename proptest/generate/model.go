package generate

import (
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
)

// thing is a kind of what calls name.
type thing int

const (
	aBlob thing = iota
	anActive
	aCommitted
	anImage
	aContainer
	aSandbox
	aLease
	anIngest
	things
)

// A place is where something is that a call made.
type place struct{ ns, snapshotter, name string }

// A Model is what a history is believed to have made, so that its next call has something to do with those before. It
// is no oracle: it takes every call to have succeeded. It is a value that never changes.
type Model struct {
	Setup engine.Setup

	sorts  Sort
	spaces Pool  // its namespaces
	rows   []row // those that this history goes by
	now    time.Time
	made   [things][]place
	todo   []engine.Op // what belongs to a call that was made and is still to come
	calls  int         // that have names
}

// A Step is a call of a history, and what belongs to it and is to follow in the course of time.
type Step struct {
	Op   engine.Op
	then []engine.Op
	due  bool // it follows a step before
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

// dress has a call, the history's so many-th, be made in one of the circumstances in which it can be.
func (m Model) dress(c Chance, op *engine.Op, number int) {
	if m.sorts&Cancel != 0 && c.OneIn(15) && isCall(op.Name) {
		op.Canceled = true
	}
	if m.sorts&Turn != 0 && isCall(op.Name) {
		op.Call = nth(number) // without a name, one that must wait would be given up
	}
}

// isCall reports whether an Op is a call of a store, or a collection.
func isCall(name string) bool {
	return !slices.Contains([]string{"clock.advance", "faults.set", "faults.clear", "node.crash", "calls.resume", "calls.cancel"}, name)
}

// After returns the model after a step.
func (m Model) After(s Step) Model {
	op := s.Op
	m.calls += 1 + len(s.then)
	if s.due && len(m.todo) > 0 {
		m.todo = m.todo[1:]
	}
	m.todo = append(slices.Clip(m.todo), s.then...)
	switch a := op.Args.(type) {
	case engine.ClockAdvance:
		m.now = m.now.Add(a.By)
	case engine.WriterOpen:
		m = m.with(anIngest, place{op.NS, "", a.Ref})
	case engine.WriterCommit:
		m = m.with(aBlob, place{op.NS, "", string(a.Expected)})
	case engine.SnapshotCreate:
		m = m.with(anActive, place{op.NS, a.Snapshotter, a.Key})
	case engine.SnapshotCommit:
		m = m.with(aCommitted, place{op.NS, a.Snapshotter, a.Name})
	case engine.ImageRecord:
		m = m.with(anImage, place{op.NS, "", a.Image.Name})
	case engine.ContainerRecord:
		m = m.with(aContainer, place{op.NS, "", a.Container.ID})
	case engine.SandboxRecord:
		m = m.with(aSandbox, place{op.NS, "", a.Sandbox.ID})
	case engine.LeaseCreate:
		m = m.with(aLease, place{op.NS, "", a.ID})
	}
	return m
}

func (m Model) with(t thing, p place) Model {
	if !slices.Contains(m.made[t], p) {
		m.made[t] = append(slices.Clip(m.made[t]), p)
	}
	return m
}

// known returns one of those things of a namespace that were made, or if there are none, or once in a while,
// any name.
func (m Model) known(c Chance, t thing, ns string, p Pool) place {
	if some := m.madeIn(t, ns); len(some) > 0 && !c.OneIn(5) {
		return Pick(c, some...)
	}
	return place{ns, c.Name("st"), c.Name(p)}
}

func (m Model) madeIn(t thing, ns string) (some []place) {
	for _, p := range m.made[t] {
		if p.ns == ns {
			some = append(some, p)
		}
	}
	return some
}

// blob returns the digest of a blob, rather one that there is in the namespace.
func (m Model) blob(c Chance, ns string) digest.Digest {
	if p := m.known(c, aBlob, ns, Blobs); len(p.name) > 1 {
		return digest.Digest(p.name)
	}
	return c.Digest()
}
