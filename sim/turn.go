package sim

import (
	"fmt"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
)

// step draws what happens next.
func (r *Running) step() {
	d := &r.out.Drawn
	switch {
	case r.node.Down():
		if r.holder() != nil {
			r.mark("a crash in the middle of a caller's transaction")
		}
		if r.do(engine.Op{Name: "node.restart"}).Code != engine.OK { // by a fault
			r.do(engine.Op{Name: "faults.clear"})
		}
		r.mark("a restart with leftovers")
	case r.stuck > 2*len(r.actors):
		r.stuck = 0
		if a := r.holder(); a != nil && a.waits == "" {
			r.turn(a)
		} else {
			r.unstick()
		}
	case r.inForce && r.oneIn(30):
		r.inForce = false
		r.do(engine.Op{Name: "faults.clear"})
	case r.oneIn(d.ClockEvery):
		r.pass()
	case r.oneIn(d.FaultEvery):
		r.fault()
	case r.oneIn(d.CollectEvery), r.scheduled():
		r.turn(r.collector)
	default:
		r.turn(r.drawActor())
	}
}

// drawActor draws who goes on: more often than others the one for whose transaction they wait.
func (r *Running) drawActor() *actor {
	if h := r.holder(); h != nil && r.oneIn(2) {
		return h
	}
	return r.actors[r.random.IntN(len(r.actors))]
}

// unstick has calls that wait go on, whatever it takes.
func (r *Running) unstick() {
	if list, _ := r.do(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall); len(list) > 0 {
		r.watched.unstick(list, func(op engine.Op) engine.Result {
			result := r.do(op)
			if a := r.waiting(op); a != nil {
				if op.Name == "calls.abandon" {
					result = engine.Result{Code: engine.Down}
				}
				r.answer(a, result)
			}
			return result
		})
	}
}

// waiting returns the actor whose call an Op resumes or abandons, or nil.
func (r *Running) waiting(op engine.Op) *actor {
	name, ok := op.Args.(engine.Named)
	if !ok || op.Name != "calls.resume" && op.Name != "calls.abandon" {
		return nil
	}
	for _, a := range append(r.actors[:len(r.actors):len(r.actors)], r.collector) {
		if a.waits == name.Name {
			return a
		}
	}
	return nil
}

// turn lets an actor make its next call, or go on with the one that waits.
func (r *Running) turn(a *actor) {
	if a.waits != "" {
		result := r.do(engine.Op{Name: "calls.resume", Args: engine.Named{Name: a.waits}})
		r.answer(a, result)
		return
	}
	op, ok := a.next()
	if !ok {
		return
	}
	if op.Fork == "" { // on a fork nothing waits
		r.calls++
		op.Call = fmt.Sprint(a.name, r.calls)
	}
	if r.inForce && r.oneIn(100) && r.out.Drawn.Faults["canceled"] > 0 {
		op.Canceled = true
		r.out.Faults["canceled"]++
	}
	a.op = op
	r.answer(a, r.do(op))
}

// answer tells an actor what its call came to, if it has come to anything yet.
func (r *Running) answer(a *actor, result engine.Result) {
	if result.Code == engine.Pending {
		r.stuck++
		a.waits = a.op.Call
		switch h := r.holder(); {
		case h == nil || h == a:
		case a == r.collector:
			r.mark("a collection that waits for a caller's transaction")
		default:
			r.mark("a call that waits for a caller's transaction")
		}
		return
	}
	if a.waits != "" {
		r.stuck, a.waits = 0, ""
	}
	if a == r.collector {
		r.collected(result)
	}
	r.tellSchedule(a.op, result)
	a.reply = result
}

// holder returns the actor that has a transaction open, or nil.
func (r *Running) holder() *actor {
	for _, a := range r.actors {
		if a.tx != "" {
			return a
		}
	}
	return nil
}

func (r *Running) collected(result engine.Result) {
	switch {
	case result.Code == engine.Down:
		r.mark("a crash during a collection")
	case result.Code == engine.OK && slices.ContainsFunc(r.actors, func(a *actor) bool { return a.waits != "" }):
		r.mark("a collection while a call waits")
	}
}
