package sim

import (
	"slices"
	"strconv"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// step draws and makes the next step.
func (s *Simulation) step() {
	d := &s.out.Scenario
	switch {
	case s.node.Down():
		if s.holder() != nil {
			s.mark(CrashInTransaction)
		}
		if s.do(engine.Op{Name: op.NodeRestart}).Code != op.OK { // a fault prevented the restart
			s.do(engine.Op{Name: op.FaultsClear})
		}
		s.mark(Restart)
	case s.stuck > 2*len(s.actors):
		s.stuck = 0
		if a := s.holder(); a != nil && a.waits == "" {
			s.turn(a)
		} else {
			s.unblock()
		}
	case s.inForce && s.oneIn(30):
		s.inForce = false
		s.do(engine.Op{Name: op.FaultsClear})
	case s.oneIn(d.ClockEvery):
		s.advanceClock()
	case s.oneIn(d.FaultEvery):
		s.fault()
	case s.oneIn(d.CollectEvery), s.scheduled():
		s.turn(s.collector)
	default:
		s.turn(s.drawActor())
	}
}

// drawActor draws the next actor. It favors an actor with an open transaction, for which others may wait.
func (s *Simulation) drawActor() *actor {
	if h := s.holder(); h != nil && s.oneIn(2) {
		return h
	}
	return s.actors[s.random.IntN(len(s.actors))]
}

// unblock lets suspended calls proceed by all means.
func (s *Simulation) unblock() {
	if list, _ := s.do(engine.Op{Name: op.CallsList}).Value.([]op.WaitingCall); len(list) > 0 {
		s.monitor.unblock(list, func(o engine.Op) engine.Result {
			result := s.do(o)
			if a := s.actorOf(o); a != nil {
				if o.Name == op.CallsAbandon {
					result = engine.Result{Code: op.Down}
				}
				s.answer(a, result)
			}
			return result
		})
	}
}

// actorOf returns the actor of the call that an Op resumes or abandons, or nil.
func (s *Simulation) actorOf(o engine.Op) *actor {
	name, ok := o.Args.(op.Named)
	if !ok || o.Name != op.CallsResume && o.Name != op.CallsAbandon {
		return nil
	}
	for _, a := range append(s.actors[:len(s.actors):len(s.actors)], s.collector) {
		if a.waits == name.Name {
			return a
		}
	}
	return nil
}

// turn makes the actor's next call, or resumes its suspended one.
func (s *Simulation) turn(a *actor) {
	if a.waits != "" {
		result := s.do(engine.Op{Name: op.CallsResume, Args: op.Named{Name: a.waits}})
		s.answer(a, result)
		return
	}
	op, ok := a.next()
	if !ok {
		return
	}
	if op.Fork == "" { // calls on a fork do not wait, and need no name
		s.calls++
		op.Call = a.name + strconv.FormatUint(s.calls, 10)
	}
	if s.inForce && s.oneIn(100) && s.out.Scenario.Faults[canceledFault] > 0 {
		op.Canceled = true
		s.out.Faults[canceledFault]++
	}
	a.op = op
	s.answer(a, s.do(op))
}

// answer passes a result to its actor, unless the call is suspended.
func (s *Simulation) answer(a *actor, result engine.Result) {
	if result.Code == op.Pending {
		s.stuck++
		a.waits = a.op.Call
		switch h := s.holder(); {
		case h == nil || h == a:
		case a == s.collector:
			s.mark(CollectionWaits)
		default:
			s.mark(CallWaits)
		}
		return
	}
	if a.waits != "" {
		s.stuck, a.waits = 0, ""
	}
	if a == s.collector {
		s.collected(result)
	}
	s.notifySchedule(a.op, result)
	a.reply = result
}

// holder returns the actor with an open transaction, or nil.
func (s *Simulation) holder() *actor {
	for _, a := range s.actors {
		if a.tx != "" {
			return a
		}
	}
	return nil
}

// collected marks situations at the end of a collection.
func (s *Simulation) collected(result engine.Result) {
	switch {
	case result.Code == op.Down:
		s.mark(CrashInCollection)
	case result.Code == op.OK && slices.ContainsFunc(s.actors, func(a *actor) bool { return a.waits != "" }):
		s.mark(CollectionBesideCall)
	}
}
