package sim

import (
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A Config selects a run. The zero value runs seed 0 with 10,000 steps of the profile [Swarm].
type Config struct {
	Seed         uint64
	Ops          int    // steps before the closing; 0 means 10,000
	Profile      string // one of Profiles; "" means Swarm
	CollectEvery int    // average number of steps between collections; 0: the seed draws it
	Schedule     string // one of Schedules, ignored if CollectEvery is set; "": the seed draws it

	// Faults weighs the kinds of faults, by name: see the function Faults. Nil: the seed draws them, except in the
	// profiles without faults.
	Faults     map[string]int
	FaultEvery int // average number of steps between faults; 0: the seed draws it

	// Weights weighs the choices of the scenario. Nil: all are equally likely. Other settings and profiles go before.
	Weights Weights

	// Hashed, unless nil, is called after each step with its number, from 1, and the hash of the node.
	Hashed func(step int, hash engine.Hash)
	// Traced, unless nil, is called with every Op before it is applied.
	Traced func(engine.Op)
	// Stop, unless nil, is called every 1024 steps. The run ends early when it returns true.
	Stop func() bool

	Plant PlantName // the bug to inject into the node; "" for none
}

// Validate returns an error that lists the valid names if the configuration has an unknown profile, schedule, kind of
// fault, plant or axis of weights.
func (c Config) Validate() error {
	if c.Profile != "" && !slices.Contains(Profiles(), c.Profile) {
		return unknownName("profile", c.Profile, Profiles())
	}
	if c.Schedule != "" && !slices.Contains(Schedules(), c.Schedule) {
		return unknownName("schedule", c.Schedule, Schedules())
	}
	for _, name := range slices.Sorted(maps.Keys(c.Faults)) {
		if !slices.Contains(Faults(), name) {
			return unknownName("fault", name, Faults())
		}
	}
	if err := c.Weights.validate(); err != nil {
		return err
	}
	_, err := plantNamed(c.Plant)
	return err
}

// unknownName returns the error for a name that is not valid. It lists the valid names, and those that are near.
func unknownName[S ~string](kind string, name S, valid []S) error {
	names := make([]string, len(valid))
	for i, v := range valid {
		names[i] = string(v)
	}
	return spec.Unknown(kind, string(name), names)
}

// An Outcome is the result of a run.
type Outcome struct {
	Seed        uint64         `json:"seed"`
	Scenario    Scenario       `json:"drawn"`
	Choices     map[string]int `json:"-"` // by axis of Weights, with which the scenario was drawn
	Setup       engine.Setup   `json:"-"` // of the node
	Steps       int            `json:"steps"`
	Collections int            `json:"collections"`
	Removed     int            `json:"removed"` // objects that collections removed
	Objects     int            `json:"objects"` // objects stored before the closing
	Faults      map[string]int `json:"faults,omitempty"`
	Marks       map[Mark]int   `json:"marks,omitempty"`
	Codes       map[string]int `json:"codes"`             // results by code
	Stopped     bool           `json:"stopped,omitempty"` // the run was stopped early
	Failure     *Failure       `json:"failure,omitempty"` // nil if the run found nothing wrong
}

// The rules that the simulator checks besides those of package oracle.
const (
	// InvalidConfig: the run could not start. The detail is the error of [Config.Validate], or of making the node.
	InvalidConfig oracle.Rule = "invalid configuration"
	// ForkDependent: an Op on a fork changed the node, or an Op on the node changed a fork.
	ForkDependent oracle.Rule = "a fork depends on its node"
	// NotDeterministic: a second run of the same seed had another state after some step. See [RunTwice].
	NotDeterministic oracle.Rule = "two runs of one seed differ"
)

// A Failure describes the first violation of a rule in a run.
type Failure struct {
	Rule   oracle.Rule  `json:"rule"`           // stays the same when the trace is shortened
	Call   string       `json:"call,omitempty"` // see oracle.Problem
	Detail string       `json:"detail"`
	Step   int          `json:"step"`            // at which the run failed, from 1
	Quiet  bool         `json:"quiet"`           // the run failed in its closing, after the faults stopped
	Plant  PlantName    `json:"plant,omitempty"` // the injected bug; "" for none
	Setup  engine.Setup `json:"-"`               // of the node
	Trace  []engine.Op  `json:"-"`               // up to the failure, or up to the closing
}

// stopEvery is the number of steps between two calls of Config.Stop.
const stopEvery = 1024

// Run runs one seed to its end, or until c.Stop returns true.
func Run(c Config) *Outcome {
	s := Begin(c)
	for !s.Step(stopEvery) {
		if c.Stop != nil && c.Stop() {
			break
		}
	}
	return s.Outcome()
}
