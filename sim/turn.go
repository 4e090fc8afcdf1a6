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
	case r.oneIn(d.CollectEvery), r.due():
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

func (r *Running) answer(a *actor, result engine.Result) {
	if result.Code == engine.Pending {
		r.stuck++
		if h := r.holder(); h != nil && h != a {
			r.mark(map[bool]string{false: "a call that waits for a caller's transaction", true: "a collection that waits for a caller's transaction"}[a == r.collector])
		}
		a.waits = a.op.Call
		return
	}
	if a.waits != "" {
		r.stuck, a.waits = 0, ""
	}
	if a == r.collector {
		r.collected(result)
	}
	if r.schedule != nil && result.Code == engine.OK && synchronous(a.op) {
		r.schedule.Trigger(r.node.Clock().Now())
	}
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

// synchronous reports whether a call is a deletion after which its caller waits for a collection.
func synchronous(op engine.Op) bool {
	switch a := op.Args.(type) {
	case engine.ImageDelete:
		return a.Sync && op.Fork == ""
	case engine.LeaseDelete:
		return a.Sync && op.Fork == ""
	}
	return false
}

// pass has time go on, but not beyond when the schedule wants something.
func (r *Running) pass() {
	op, now := r.world.passing(), r.node.Clock().Now()
	if r.schedule != nil {
		if at, ok := r.schedule.due(); ok && at.After(now) && at.Before(now.Add(op.Args.(engine.ClockAdvance).By)) {
			op = engine.Op{Name: "clock.set", Args: engine.ClockSet{To: at}}
		}
	}
	r.do(op)
}

// due reports whether the schedule has a collection begin now.
func (r *Running) due() bool {
	if r.schedule == nil || r.collector.waits != "" {
		return false
	}
	now := r.node.Clock().Now()
	if at, ok := r.schedule.due(); !ok || at.After(now) {
		return false
	}
	if !r.schedule.begin(now) {
		r.mark("a scheduled collection that was put off")
		return false
	}
	r.begun = r.schedule
	return true
}

func (r *Running) collected(result engine.Result) {
	if r.begun != nil {
		r.begun.end(r.node.Clock().Now(), result.Code != engine.OK)
		r.begun = nil
		r.mark("a collection that a schedule decided on")
	}
	switch {
	case result.Code == engine.Down:
		r.mark("a crash during a collection")
	case result.Code == engine.OK && slices.ContainsFunc(r.actors, func(a *actor) bool { return a.waits != "" }):
		r.mark("a collection while a call waits")
	}
}
