package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Running run goes on when its owner says so, a few steps at a time: for those who have something else to do in
// between. It has no goroutines and asks for no time. It is for one goroutine at a time.
type Simulation struct {
	*monitor
	config Config
	random *rand.Rand
	world  *world
	out    *Outcome
	codes  map[engine.Code]int
	over   bool

	actors    []*actor
	collector *actor // has collections made
	trace     []engine.Op
	schedule  *passivePolicy // nil: it is up to chance when to collect
	begun     *passivePolicy // the one that began the collection that runs
	stuck     int            // how often the one that was drawn had to wait, since the last that had waited went on
	faults    int            // that were made
	inForce   bool           // there may be a fault
	calls     uint64         // that were given names
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
func Begin(c Config) *Simulation {
	if c.Ops <= 0 {
		c.Ops = 10_000
	}
	s := &Simulation{
		config: c,
		random: rand.New(rand.NewPCG(c.Seed, 0x686f6c6466617374)),
		out:    &Outcome{Seed: c.Seed, Faults: map[string]int{}, Marks: map[Mark]int{}, Codes: map[string]int{}},
		codes:  map[engine.Code]int{},
		trace:  make([]engine.Op, 0, min(c.Ops, 1<<16)),
	}
	if err := c.Validate(); err != nil {
		return s.reject(err)
	}
	s.out.Scenario = draw(s.random, c)
	s.out.Setup = s.out.Scenario.setup(c.Seed)
	plant, _ := plantNamed(c.Plant)
	w, err := newMonitor(s.out.Setup, plant, s.note, s.scheduleOption()...)
	if err != nil {
		return s.reject(fmt.Errorf("the node can't be made: %w", err))
	}
	s.monitor = w
	s.world = newWorld(s.random, s.out.Scenario, w.node.Clock().Now, s.note, &w.oracle.Collections)
	s.startActors()
	if s.out.Scenario.Actors["streamer"] > 0 { // while nobody is there for whom that would have to wait
		s.do(engine.Op{Name: "collectors.set", Args: engine.CollectorSet{Type: streamType, Script: engine.Script{Label: streamLabel}}})
	}
	return s
}

func (s *Simulation) reject(err error) *Simulation {
	s.out.Failure = &Failure{Rule: InvalidConfig, Detail: err.Error()}
	s.over = true
	return s
}

// Setup returns how the run's node was made.
func (s *Simulation) Setup() engine.Setup { return s.out.Setup }

// Step makes up to n steps and reports whether the run is over: it made all of its steps and was closed, or something
// went wrong. The closing counts as one step, though it makes some dozens of calls.
func (s *Simulation) Step(n int) (done bool) {
	for ; n > 0 && !s.over; n-- {
		if len(s.trace) < s.config.Ops && s.problem == nil {
			s.step()
		} else {
			s.end(s.problem == nil)
		}
	}
	return s.over
}

// Progress returns how far the run has come.
func (s *Simulation) Progress() Progress {
	p := Progress{Steps: len(s.trace), Ops: s.config.Ops}
	if s.monitor != nil {
		p.Collections, p.Removed, p.Objects = s.oracle.Collections, s.oracle.Removed, s.oracle.Objects()
		p.Time = s.node.Clock().Now()
	}
	return p
}

// Outcome returns what the run came to. If it isn't over, it ends here, without its closing.
func (s *Simulation) Outcome() *Outcome {
	if !s.over {
		s.out.Stopped = s.problem == nil
		s.end(false)
	}
	return s.out
}

// end ends the run, with its closing or without.
func (s *Simulation) end(closing bool) {
	s.over = true
	defer s.node.Close()
	defer s.stopActors()
	s.out.Objects = s.oracle.Objects()
	worked := len(s.trace)
	if closing {
		s.closing(s.do)
	}
	s.out.Steps = len(s.trace)
	s.out.Collections, s.out.Removed = s.oracle.Collections, s.oracle.Removed
	for _, code := range slices.Sorted(maps.Keys(s.codes)) {
		s.out.Codes[string(code)] = s.codes[code]
	}
	if s.problem == nil {
		return
	}
	s.out.Failure = &Failure{
		Rule: s.problem.Rule, Call: s.problem.Call, Detail: s.problem.Detail, Step: len(s.trace), Quiet: closing,
		Plant: s.config.Plant, Setup: s.out.Setup, Trace: s.trace,
	}
	if closing {
		s.out.Failure.Trace = s.trace[:worked:worked]
	}
}

func (s *Simulation) note(m Mark) { s.out.Marks[m]++ }

func (s *Simulation) oneIn(n int) bool { return n > 0 && s.random.IntN(n) == 0 }

// do applies an Op and writes it down.
func (s *Simulation) do(op engine.Op) engine.Result {
	s.trace = append(s.trace, op)
	if s.config.Traced != nil {
		s.config.Traced(op)
	}
	result := s.apply(op)
	s.codes[result.Code]++
	if s.config.Hashed != nil {
		s.config.Hashed(len(s.trace), s.node.Hash())
	}
	return result
}
