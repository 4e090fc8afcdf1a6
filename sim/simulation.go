package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Simulation is a run in progress. Its owner advances it a few steps at a time. It has no goroutines and reads no
// clock. It is for one goroutine at a time.
//
// Invariants: unless over is set, monitor, world and collector are not nil. trace has every Op applied so far. begun is
// not nil while a collection that the schedule started is in progress. inForce is set if a fault may be in force; it
// may stay set after the fault has ended.
type Simulation struct {
	*monitor
	config Config
	random *rand.Rand
	world  *world
	out    *Outcome
	codes  map[op.Code]int
	over   bool

	actors    []*actor
	collector *actor // makes the collections
	trace     []engine.Op
	schedule  *passivePolicy // nil for RandomSchedule
	begun     *passivePolicy // the schedule that started the current collection; it differs from schedule after a restart
	stuck     int            // number of resumptions in vain, since a suspended call last ended
	faults    int            // number of faults so far, for their names
	inForce   bool
	calls     uint64 // number of calls so far, for their names
}

// A Progress is the state of a run in numbers.
type Progress struct {
	Steps       int       `json:"steps"`
	Ops         int       `json:"ops"` // steps of the whole run, without the closing
	Collections int       `json:"collections"`
	Removed     int       `json:"removed"`
	Objects     int       `json:"objects"` // stored now
	Time        time.Time `json:"time"`    // the node's clock
}

// Begin starts a run of one seed, without making a step. The caller must call Outcome in the end to release the node.
// If the configuration is invalid, the run is over and its Failure has the rule [InvalidConfig].
func Begin(c Config) *Simulation {
	if c.Ops <= 0 {
		c.Ops = 10_000
	}
	s := &Simulation{
		config: c,
		random: rand.New(rand.NewPCG(c.Seed, 0x686f6c6466617374)),
		out:    &Outcome{Seed: c.Seed, Faults: map[string]int{}, Marks: map[Mark]int{}, Codes: map[string]int{}},
		codes:  map[op.Code]int{},
		trace:  make([]engine.Op, 0, min(c.Ops, 1<<16)),
	}
	if err := c.Validate(); err != nil {
		return s.reject(err)
	}
	choices := &chooser{random: s.random, weights: c.Weights, made: map[string]int{}}
	s.out.Scenario, s.out.Choices = draw(choices, c), choices.made
	s.out.Setup = s.out.Scenario.setup(c.Seed)
	plant, _ := plantNamed(c.Plant)
	w, err := newMonitor(s.out.Setup, plant, s.note, s.scheduleOption()...)
	if err != nil {
		return s.reject(fmt.Errorf("the node can't be made: %w", err))
	}
	s.monitor = w
	s.world = newWorld(s.random, s.out.Scenario, w.node.Clock().Now, s.note, &w.oracle.Collections)
	s.startActors()
	if s.out.Scenario.Actors[streamerKind] > 0 { // before any call that it would have to wait for
		s.do(engine.Op{Name: op.CollectorsSet, Args: op.CollectorsSetArgs{Type: streamType, Script: engine.Script{Label: streamLabel}}})
	}
	return s
}

func (s *Simulation) reject(err error) *Simulation {
	s.out.Failure = &Failure{Rule: InvalidConfig, Detail: err.Error()}
	s.over = true
	return s
}

// Setup returns the setup of the run's node.
func (s *Simulation) Setup() engine.Setup { return s.out.Setup }

// Step makes up to n steps and reports whether the run is over: it has made all steps and its closing, or has failed.
// The closing counts as one step, although it makes dozens of calls.
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

// Progress returns the progress of the run.
func (s *Simulation) Progress() Progress {
	p := Progress{Steps: len(s.trace), Ops: s.config.Ops}
	if s.monitor != nil {
		p.Collections, p.Removed, p.Objects = s.oracle.Collections, s.oracle.Removed, s.oracle.Objects()
		p.Time = s.node.Clock().Now()
	}
	return p
}

// Outcome returns the result of the run. It ends an unfinished run without its closing.
func (s *Simulation) Outcome() *Outcome {
	if !s.over {
		s.out.Stopped = s.problem == nil
		s.end(false)
	}
	return s.out
}

// end ends the run, with or without its closing, and releases the node.
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

// do applies an Op and adds it to the trace.
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
