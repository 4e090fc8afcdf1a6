package verbs

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A simulation is a run of one seed as a job. A unit is a step.
type simulation struct {
	run *sim.Simulation
	out bounded // what was put out since the last step
	err error   // why nothing more is put out
}

func simulate(_ *call, args abi.Simulate) (job, error) {
	if args.Ops < 0 || args.Ops > abi.OpsMax {
		return nil, invalid("args: %d ops: must be at most %d", args.Ops, abi.OpsMax)
	}
	if args.CollectEvery < 0 || args.FaultEvery < 0 {
		return nil, invalid("args: collect_every and fault_every must not be below 0")
	}
	for name, weight := range args.Faults {
		if weight < 0 || weight > abi.WeightMax {
			return nil, invalid("args: fault %q: a weight of %d: must be from 0 to %d", name, weight, abi.WeightMax)
		}
	}
	s := &simulation{}
	config := sim.Config{
		Seed: args.Seed, Ops: args.Ops, Profile: args.Profile, CollectEvery: args.CollectEvery,
		Schedule: args.Schedule, Faults: args.Faults, FaultEvery: args.FaultEvery,
	}
	switch args.Body {
	case "":
	case "hashes":
		config.Hashed = s.hashed
	case "trace":
		config.Traced = s.traced
	default:
		return nil, invalid(`args: body %q: must be "hashes", "trace" or ""`, args.Body)
	}
	s.run = sim.Begin(config)
	if s.run.Step(0) { // over before it began
		f := s.run.Outcome().Failure
		return nil, invalid("args: %s: %s", f.Rule, f.Detail)
	}
	if args.Body == "trace" {
		ops := s.out.data
		s.out = bounded{}
		if _, err := engine.NewTraceWriter(&s.out, s.run.Setup()); err != nil {
			return nil, err
		}
		s.put(ops)
	}
	return s, nil
}

func (s *simulation) step(units int) (abi.Stepped, []byte, error) {
	done := s.run.Step(units)
	if s.err != nil {
		return abi.Stepped{}, nil, s.err
	}
	p := s.run.Progress()
	value := abi.Stepped{Done: done, Did: p.Steps, Of: max(p.Steps, p.Ops), Progress: p}
	if done {
		value.Of, value.Result = p.Steps, s.run.Outcome()
	}
	body := s.out.data
	s.out = bounded{}
	return value, body, nil
}

func (s *simulation) stop() { s.run.Outcome() }

func (s *simulation) put(line []byte) {
	if s.err == nil {
		_, s.err = s.out.Write(line)
	}
}

func (s *simulation) hashed(_ int, hash engine.Hash) { s.put(append([]byte(hash.String()), '\n')) }

func (s *simulation) traced(op engine.Op) {
	line, err := op.MarshalJSON()
	if err != nil && s.err == nil {
		s.err = err
	}
	s.put(append(line, '\n'))
}
