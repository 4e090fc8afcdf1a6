package sim

import (
	"errors"
	"fmt"
	"iter"

	"github.com/holdfast-gc/holdfast/engine"
)

// An actor is a client of the node: a coroutine that yields its calls and is resumed with what they came to.
type actor struct {
	*world
	name  string
	next  func() (engine.Op, bool)
	stop  func()
	yield func(engine.Op) bool

	op    engine.Op // that it made last
	reply engine.Result
	waits string // the call that it waits for; "" for none
	tx    string // the transaction that it has open; "" for none
	n     int    // names that it made
}

var errStopped = errors.New("stopped")

// newActor returns an actor that plays its part again and again.
func newActor(w *world, name string, play func(*actor)) *actor {
	a := &actor{world: w, name: name}
	a.next, a.stop = iter.Pull(func(yield func(engine.Op) bool) {
		defer func() {
			if p := recover(); p != nil && p != errStopped {
				panic(p)
			}
		}()
		a.yield = yield
		for {
			play(a)
		}
	})
	return a
}

// call makes a call and returns what it came to, be it much later.
func (a *actor) call(op engine.Op) engine.Result {
	if !a.yield(op) {
		panic(errStopped)
	}
	return a.reply
}

// do is call for one of which only matters whether it went well.
func (a *actor) do(op engine.Op) bool { return a.call(op).Code == engine.OK }

// fresh returns a name that nobody else has.
func (a *actor) fresh(what string) string {
	a.n++
	return fmt.Sprintf("%s-%s-%d", a.name, what, a.n)
}

// idle asks for this and that, while others go on.
func (a *actor) idle(calls int) {
	for range calls {
		a.call(engine.Op{Name: "content.info", Header: engine.Header{NS: a.space()}, Args: engine.Blob{Digest: a.blob().digest}})
	}
}

// gives up, once in a while, what it is doing.
func (a *actor) givesUp() bool { return a.oneIn(60) }

// hire makes the actors that were drawn, in the order of their kinds.
func (s *Simulation) startActors() {
	for _, k := range actorKinds {
		for i := range s.out.Scenario.Actors[k.name] {
			s.actors = append(s.actors, newActor(s.world, fmt.Sprintf("%s%d", k.name, i+1), k.play))
		}
	}
	s.collector = newActor(s.world, "gc", func(a *actor) { a.call(engine.Op{Name: "collect"}) })
}

func (s *Simulation) stopActors() {
	for _, a := range append(s.actors, s.collector) {
		a.stop()
	}
}

// actorKinds are the parts that can be played.
var actorKinds = []struct {
	name string
	play func(*actor)
}{
	{"puller", pull},
	{"runner", runContainer},
	{"builder", build},
	{"importer", importImage},
	{"tagger", tag},
	{"sandboxer", makeSandbox},
	{"labeller", label},
	{"namespacer", keepNamespaces},
	{"streamer", stream},
	{"pruner", prune},
	{"transactor", transact},
	{"forker", branch},
}
