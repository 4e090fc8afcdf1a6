package sim

import "github.com/holdfast-gc/holdfast/engine"

// Config says what a run is to be.
type Config struct {
	Seed         uint64
	Ops          int    // how many steps it has before its closing
	Profile      string // one of Profiles; "" is "swarm"
	CollectEvery int    // how many steps there are between collections on average; 0: the seed draws it
	Schedule     string // one of Schedules, if CollectEvery is 0; "": the seed draws it

	// Faults are the kinds that happen, by weight; nil: the seed draws them, but for the profiles without any.
	Faults     map[string]int
	FaultEvery int // how many steps there are between faults on average, if there are any; 0: the seed draws it

	// Hashed is called with the number of each step and the hash of the node after it; it may be nil.
	Hashed func(step int, hash engine.Hash)
	// Traced is called with every Op before it is applied; it may be nil.
	Traced func(engine.Op)
	// Stop is asked now and then whether to end the run early; it may be nil.
	Stop func() bool

	Plant string // the name of one of Plants, which the node is to have; "" for none
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
	Quiet  bool         `json:"quiet"`           // it showed only after the faults had stopped
	Plant  string       `json:"plant,omitempty"` // the bug that was planted
	Setup  engine.Setup `json:"-"`
	Trace  []engine.Op  `json:"-"` // up to where it went wrong, or to where the closing begins
}

// stopEvery is after how many steps Config.Stop is asked.
const stopEvery = 1024

// Run runs one seed.
func Run(c Config) *Outcome {
	r := Begin(c)
	for !r.Step(stopEvery) {
		if c.Stop != nil && c.Stop() {
			break
		}
	}
	return r.Outcome()
}
