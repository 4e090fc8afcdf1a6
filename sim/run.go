package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
)

// Config says what a run is to be.
type Config struct {
	Seed         uint64
	Ops          int    // how many steps it has before its closing
	Profile      string // one of Profiles; "" is "swarm"
	CollectEvery int    // how many steps there are between collections on average; 0: the seed draws it

	// Hashed is called with the number of each step and the hash of the node after it; it may be nil.
	Hashed func(step int, hash engine.Hash)
	// Traced is called with every Op before it is applied; it may be nil.
	Traced func(engine.Op)
	// Stop is asked now and then whether to end the run early; it may be nil.
	Stop func() bool

	plant planted
}

// An Outcome is what a run came to.
type Outcome struct {
	Seed        uint64         `json:"seed"`
	Drawn       Drawn          `json:"drawn"`
	Setup       engine.Setup   `json:"-"` // how its node was made
	Steps       int            `json:"steps"`
	Collections int            `json:"collections"`
	Removed     int            `json:"removed"`
	Objects     int            `json:"objects"` // that were stored at the end, before the closing
	Faults      map[string]int `json:"faults,omitempty"`
	Marks       map[string]int `json:"marks,omitempty"`
	Codes       map[string]int `json:"codes"`
	Stopped     bool           `json:"stopped,omitempty"` // before its end
	Failure     *Failure       `json:"failure,omitempty"`
}

// A Failure is a run that went wrong.
type Failure struct {
	Rule   string       `json:"rule"`           // what was broken, in the same words however a trace is shortened
	Call   string       `json:"call,omitempty"` // of whom, and what it came to
	Detail string       `json:"detail"`
	Step   int          `json:"step"`
	Quiet  bool         `json:"quiet"` // it showed only after the faults had stopped
	Setup  engine.Setup `json:"-"`
	Trace  []engine.Op  `json:"-"` // up to where it went wrong, or to where the closing begins
}

// Run runs one seed.
func Run(c Config) *Outcome {
	if c.Ops <= 0 {
		c.Ops = 10_000
	}
	r := &run{
		config: c,
		random: rand.New(rand.NewPCG(c.Seed, 0x686f6c6466617374)),
		out:    &Outcome{Seed: c.Seed, Faults: map[string]int{}, Marks: map[string]int{}, Codes: map[string]int{}},
		codes:  map[engine.Code]int{},
	}
	if !knownProfile(c.Profile) {
		r.out.Failure = &Failure{Rule: "there is no such profile", Detail: c.Profile}
		return r.out
	}
	r.out.Drawn = draw(r.random, c)
	setup := r.out.Drawn.setup(c.Seed)
	r.out.Setup = setup
	w, err := watch(setup, c.plant, r.mark)
	if err != nil {
		r.out.Failure = &Failure{Rule: "the node could not be made", Detail: err.Error()}
		return r.out
	}
	defer w.node.Close()
	r.watched = w
	r.world = newWorld(r.random, r.out.Drawn, w.node.Clock().Now, r.mark, &w.oracle.Collections)
	r.hire()
	defer r.dismiss()
	r.work()
	r.close(setup)
	return r.out
}

// run is a run while it lasts.
type run struct {
	*watched
	config Config
	random *rand.Rand
	world  *world
	out    *Outcome
	codes  map[engine.Code]int

	actors    []*actor
	collector *actor // has collections made
	trace     []engine.Op
	stuck     int    // how often in a row the one that was drawn had to wait
	faults    int    // that were made
	inForce   bool   // there may be a fault
	calls     uint64 // that were given names
}

func (r *run) mark(name string) { r.out.Marks[name]++ }

func (r *run) oneIn(n int) bool { return n > 0 && r.random.IntN(n) == 0 }

// do applies an Op and writes it down.
func (r *run) do(op engine.Op) engine.Result {
	r.trace = append(r.trace, op)
	if r.config.Traced != nil {
		r.config.Traced(op)
	}
	result := r.apply(op)
	r.codes[result.Code]++
	if r.config.Hashed != nil {
		r.config.Hashed(len(r.trace), r.node.Hash())
	}
	return result
}

// work makes the steps, up to the closing or to the first problem.
func (r *run) work() {
	for len(r.trace) < r.config.Ops && r.problem == nil {
		if len(r.trace)%1024 == 0 && r.config.Stop != nil && r.config.Stop() {
			r.out.Stopped = true
			return
		}
		r.step()
	}
}

// step draws what happens next.
func (r *run) step() {
	d := &r.out.Drawn
	switch {
	case r.node.Down():
		r.do(engine.Op{Name: "node.restart"})
		r.mark("a restart with leftovers")
	case r.stuck > 2*len(r.actors):
		r.stuck = 0
		r.unstick()
	case r.inForce && r.oneIn(30):
		r.inForce = false
		r.do(engine.Op{Name: "faults.clear"})
	case r.oneIn(d.ClockEvery):
		r.do(r.world.passing())
	case r.oneIn(d.FaultEvery):
		r.fault()
	case r.oneIn(d.CollectEvery):
		r.turn(r.collector)
	default:
		r.turn(r.actors[r.random.IntN(len(r.actors))])
	}
}

func (r *run) unstick() {
	if list, _ := r.do(engine.Op{Name: "calls.list"}).Value.([]engine.WaitingCall); len(list) > 0 {
		r.watched.unstick(list, func(op engine.Op) engine.Result {
			result := r.do(op)
			if a := r.waiting(op); a != nil {
				r.answer(a, result)
			}
			return result
		})
	}
}

// waiting returns the actor whose call an Op resumes, or nil.
func (r *run) waiting(op engine.Op) *actor {
	name, ok := op.Args.(engine.Named)
	if !ok || op.Name != "calls.resume" {
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
func (r *run) turn(a *actor) {
	if a.waits != "" {
		result := r.do(engine.Op{Name: "calls.resume", Args: engine.Named{Name: a.waits}})
		r.answer(a, result)
		return
	}
	op, ok := a.next()
	if !ok {
		return
	}
	r.calls++
	op.Call = fmt.Sprint(a.name, r.calls)
	if r.inForce && r.oneIn(100) && slices.Contains(r.out.Drawn.Faults, "canceled") {
		op.Canceled = true
		r.out.Faults["canceled"]++
	}
	a.op = op
	r.answer(a, r.do(op))
}

func (r *run) answer(a *actor, result engine.Result) {
	if result.Code == engine.Pending {
		r.stuck++
		a.waits = a.op.Call
		return
	}
	r.stuck, a.waits = 0, ""
	if a.op.Name == "collect" {
		r.collected(result)
	}
	a.reply = result
}

func (r *run) collected(result engine.Result) {
	switch {
	case result.Code == engine.Down:
		r.mark("a crash during a collection")
	case result.Code == engine.OK && slices.ContainsFunc(r.actors, func(a *actor) bool { return a.waits != "" }):
		r.mark("a collection while a call waits")
	}
}

// close ends the run and says how it went.
func (r *run) close(setup engine.Setup) {
	r.out.Objects = r.oracle.Objects()
	worked, failed := len(r.trace), r.problem != nil
	if !failed && !r.out.Stopped {
		r.closing(r.do)
	}
	r.out.Steps = len(r.trace)
	r.out.Collections, r.out.Removed = r.oracle.Collections, r.oracle.Removed
	for _, code := range slices.Sorted(maps.Keys(r.codes)) {
		r.out.Codes[string(code)] = r.codes[code]
	}
	if r.problem == nil {
		return
	}
	r.out.Failure = &Failure{
		Rule: r.problem.Rule, Call: r.problem.Call, Detail: r.problem.Detail, Step: len(r.trace), Quiet: !failed,
		Setup: setup, Trace: r.trace[:worked:worked],
	}
	if failed {
		r.out.Failure.Trace = r.trace
	}
}
