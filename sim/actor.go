package sim

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// An actor is a simulated client of the node: a coroutine that yields its calls as Ops and is resumed with their
// results.
//
// Invariants: waits is "" or the name of op, which the node has suspended; then reply is the result of an earlier call.
// tx is "" or the name of a transaction that the actor has begun and not ended. After stop, next returns false.
type actor struct {
	*world
	name  string
	next  func() (engine.Op, bool)
	stop  func()
	yield func(engine.Op) bool

	op    engine.Op // its last call
	reply engine.Result
	waits string // the name of its suspended call, or ""
	tx    string // its open transaction, or ""
	n     int    // number of names that fresh has made
}

var errStopped = errors.New("stopped")

// newActor returns an actor that repeats its part until it is stopped.
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

// call makes a call and returns its result, after a suspension if the call has to wait.
func (a *actor) call(op engine.Op) engine.Result {
	if !a.yield(op) {
		panic(errStopped)
	}
	return a.reply
}

// do makes a call and reports whether it succeeded.
func (a *actor) do(o engine.Op) bool { return a.call(o).Code == op.OK }

// fresh returns a unique name.
func (a *actor) fresh(what string) string {
	a.n++
	return a.name + "-" + what + "-" + strconv.Itoa(a.n)
}

// idle makes calls without an effect, while other actors go on.
func (a *actor) idle(calls int) {
	for range calls {
		a.call(engine.Op{Name: op.ContentInfo, Header: engine.Header{NS: a.space()}, Args: op.Blob{Digest: a.blob().digest}})
	}
}

// givesUp draws whether the actor abandons its work.
func (a *actor) givesUp() bool { return a.oneIn(60) }

// startActors makes the drawn actors, in the order of their kinds.
func (s *Simulation) startActors() {
	for _, k := range actorKinds {
		for i := range s.out.Scenario.Actors[k.name] {
			s.actors = append(s.actors, newActor(s.world, fmt.Sprintf("%s%d", k.name, i+1), k.play))
		}
	}
	s.collector = newActor(s.world, "gc", func(a *actor) { a.call(engine.Op{Name: op.Collect}) })
}

// stopActors stops all actors.
func (s *Simulation) stopActors() {
	for _, a := range append(s.actors, s.collector) {
		a.stop()
	}
}

// The kinds of actors that the code names elsewhere.
const (
	pullerKind     = "puller"
	streamerKind   = "streamer"
	transactorKind = "transactor"
	forkerKind     = "forker"
)

// actorKinds are the kinds of actors, with the part that each plays.
var actorKinds = []struct {
	name string
	play func(*actor)
}{
	{pullerKind, pull},
	{"runner", runContainer},
	{"builder", build},
	{"importer", importImage},
	{"tagger", tag},
	{"sandboxer", makeSandbox},
	{"labeller", label},
	{"namespacer", keepNamespaces},
	{streamerKind, stream},
	{"pruner", prune},
	{transactorKind, transact},
	{forkerKind, branch},
}
