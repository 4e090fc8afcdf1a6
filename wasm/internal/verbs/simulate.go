package verbs

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A simulation is the job of "simulate". One unit is one step of the run.
type simulation struct {
	run *sim.Simulation
	out responseWriter // output since the last step
	err error          // first error of the output; nothing is written after it
}

// beginSimulation begins a run.
func beginSimulation(_ *call, args abi.Simulate) (job, error) {
	if args.Ops < 0 || args.Ops > abi.OpsMax {
		return nil, invalid("args: ops is %d; it must be from 0 to %d", args.Ops, abi.OpsMax)
	}
	if args.CollectEvery < 0 || args.FaultEvery < 0 {
		return nil, invalid("args: collect_every and fault_every must not be negative")
	}
	for name, weight := range args.Faults {
		if weight < 0 || weight > abi.WeightMax {
			return nil, invalid("args: fault %q: the weight is %d; it must be from 0 to %d", name, weight, abi.WeightMax)
		}
	}
	s := &simulation{}
	config := sim.Config{
		Seed: args.Seed, Ops: args.Ops, Profile: args.Profile, CollectEvery: args.CollectEvery,
		Schedule: args.Schedule, Faults: args.Faults, FaultEvery: args.FaultEvery,
	}
	switch args.Body {
	case abi.NoOutput:
	case abi.Hashes:
		config.Hashed = s.writeHash
	case abi.Trace:
		config.Traced = s.writeOp
	default:
		return nil, invalid(`args: body is %q; it must be %q, %q or ""`, args.Body, abi.Hashes, abi.Trace)
	}
	s.run = sim.Begin(config)
	if s.run.Step(0) { // the configuration is invalid
		f := s.run.Outcome().Failure
		return nil, invalid("args: %s: %s", f.Rule, f.Detail)
	}
	if args.Body == abi.Trace { // the setup precedes the Ops
		ops := s.out.data
		s.out = responseWriter{}
		if _, err := engine.NewTraceWriter(&s.out, s.run.Setup()); err != nil {
			return nil, err
		}
		s.write(ops)
	}
	return s, nil
}

func (s *simulation) step(units int) (abi.StepResult, []byte, error) {
	done := s.run.Step(units)
	if s.err != nil {
		return abi.StepResult{}, nil, s.err
	}
	p := s.run.Progress()
	value := abi.StepResult{Done: done, Did: p.Steps, Of: max(p.Steps, p.Ops), Progress: p}
	if done {
		value.Of, value.Result = p.Steps, s.run.Outcome()
	}
	body := s.out.data
	s.out = responseWriter{}
	return value, body, nil
}

func (s *simulation) stop() { s.run.Outcome() }

func (s *simulation) write(line []byte) {
	if s.err == nil {
		_, s.err = s.out.Write(line)
	}
}

func (s *simulation) writeHash(_ int, hash engine.Hash) {
	s.write(append([]byte(hash.String()), '\n'))
}

func (s *simulation) writeOp(op engine.Op) {
	line, err := op.MarshalJSON()
	if err != nil && s.err == nil {
		s.err = err
	}
	s.write(append(line, '\n'))
}
