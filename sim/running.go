package sim

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Running run goes on when its owner says so, a few steps at a time: for those who have something else to do in
// between. It has no goroutines and asks for no time. It is for one goroutine at a time.
type Running struct {
	*watched
	config Config
	random *rand.Rand
	world  *world
	out    *Outcome
	codes  map[engine.Code]int
	over   bool

	actors    []*actor
	collector *actor // has collections made
	trace     []engine.Op
	schedule  *overseen // nil: it is up to chance when to collect
	begun     *overseen // the one that began the collection that runs
	stuck     int       // how often the one that was drawn had to wait, since the last that had waited went on
	faults    int       // that were made
	inForce   bool      // there may be a fault
	calls     uint64    // that were given names
}

// Progress is how far a run has come.
type Progress struct {
	Steps       int       `json:"steps"`
	Ops         int       `json:"ops"` // how many steps it has before its closing
	Collections int       `json:"collections"`
	Removed     int       `json:"removed"`
	Objects     int       `json:"objects"` // that are stored
	Time        time.Time `json:"time"`    // on the node's clock
}

// Begin begins a run of one seed, which has made no step yet. Its Outcome must be asked for in the end, however far it came.
func Begin(c Config) *Running {
	if c.Ops <= 0 {
		c.Ops = 10_000
	}
	r := &Running{
		config: c,
		random: rand.New(rand.NewPCG(c.Seed, 0x686f6c6466617374)),
		out:    &Outcome{Seed: c.Seed, Faults: map[string]int{}, Marks: map[string]int{}, Codes: map[string]int{}},
		codes:  map[engine.Code]int{},
		trace:  make([]engine.Op, 0, min(c.Ops, 1<<16)),
	}
	if !knownProfile(c.Profile) {
		return r.refuse("there is no such profile", c.Profile)
	}
	if c.Schedule != "" && !slices.Contains(Schedules(), c.Schedule) {
		return r.refuse("there is no such schedule", c.Schedule)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Faults)) {
		if !slices.Contains(Faults(), name) {
			return r.refuse("there is no such fault", name)
		}
	}
	r.out.Drawn = draw(r.random, c)
	r.out.Setup = r.out.Drawn.setup(c.Seed)
	plant, ok := plantNamed(c.Plant)
	if !ok {
		return r.refuse("there is no such plant", c.Plant)
	}
	w, err := watch(r.out.Setup, plant, r.note, r.oversee()...)
	if err != nil {
		return r.refuse("the node could not be made", err.Error())
	}
	r.watched = w
	r.world = newWorld(r.random, r.out.Drawn, w.node.Clock().Now, r.note, &w.oracle.Collections)
	r.hire()
	if r.out.Drawn.Actors["streamer"] > 0 { // while nobody is there for whom that would have to wait
		r.do(engine.Op{Name: "collectors.set", Args: engine.CollectorSet{Type: streamType, Script: engine.Script{Label: streamLabel}}})
	}
	return r
}

func (r *Running) refuse(rule, detail string) *Running {
	r.out.Failure = &Failure{Rule: rule, Detail: detail}
	r.over = true
	return r
}

// Setup returns how the run's node was made.
func (r *Running) Setup() engine.Setup { return r.out.Setup }

// Step makes up to n steps and reports whether the run is over: it made all of its steps and was closed, or something
// went wrong. The closing counts as one step, though it makes some dozens of calls.
func (r *Running) Step(n int) (done bool) {
	for ; n > 0 && !r.over; n-- {
		if len(r.trace) < r.config.Ops && r.problem == nil {
			r.step()
		} else {
			r.end(r.problem == nil)
		}
	}
	return r.over
}

// Progress returns how far the run has come.
func (r *Running) Progress() Progress {
	p := Progress{Steps: len(r.trace), Ops: r.config.Ops}
	if r.watched != nil {
		p.Collections, p.Removed, p.Objects = r.oracle.Collections, r.oracle.Removed, r.oracle.Objects()
		p.Time = r.node.Clock().Now()
	}
	return p
}

// Outcome returns what the run came to. If it isn't over, it ends here, without its closing.
func (r *Running) Outcome() *Outcome {
	if !r.over {
		r.out.Stopped = r.problem == nil
		r.end(false)
	}
	return r.out
}

// end ends the run, with its closing or without.
func (r *Running) end(closing bool) {
	r.over = true
	defer r.node.Close()
	defer r.dismiss()
	r.out.Objects = r.oracle.Objects()
	worked := len(r.trace)
	if closing {
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
		Rule: r.problem.Rule, Call: r.problem.Call, Detail: r.problem.Detail, Step: len(r.trace), Quiet: closing,
		Plant: r.config.Plant, Setup: r.out.Setup, Trace: r.trace,
	}
	if closing {
		r.out.Failure.Trace = r.trace[:worked:worked]
	}
}

func (r *Running) note(name string) { r.out.Marks[name]++ }

func (r *Running) oneIn(n int) bool { return n > 0 && r.random.IntN(n) == 0 }

// do applies an Op and writes it down.
func (r *Running) do(op engine.Op) engine.Result {
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
