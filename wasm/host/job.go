package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// How many units of a job one call does: some ten milliseconds, after which others have their turn, and the context is
// looked at.
const (
	simulateUnits = 200
	compareUnits  = 1
)

// Simulate runs one seed, as sim.Run does, and calls each with how far it is now and then; nil is nobody. Hashed and Traced
// of the Config are called as natively, but only one of them may be set. If Stop or the context ends the run, the Outcome
// is nil; the error is then the context's, if that has one. The instance goes on.
//
// What a Failure does not say in JSON is left out: Traced has the trace.
func (h *Host) Simulate(ctx context.Context, c sim.Config, each func(sim.Progress)) (*sim.Outcome, error) {
	if c.Hashed != nil && c.Traced != nil {
		return nil, fmt.Errorf("host: simulate: both Hashed and Traced: one may be set: %w", errdefs.ErrInvalidArgument)
	}
	args := abi.Simulate{
		Seed: c.Seed, Ops: c.Ops, Profile: c.Profile, CollectEvery: c.CollectEvery,
		Schedule: c.Schedule, Faults: c.Faults, FaultEvery: c.FaultEvery,
	}
	var read func(line []byte) error
	switch steps := 0; {
	case c.Hashed != nil:
		args.Body = "hashes"
		read = func(line []byte) error {
			hash, err := parseHash(string(line))
			steps++
			c.Hashed(steps, hash)
			return err
		}
	case c.Traced != nil:
		args.Body = "trace"
		read = func(line []byte) error {
			if steps++; steps == 1 {
				return nil // the setup
			}
			op, err := engine.ParseOp(line)
			c.Traced(op)
			return err
		}
	}
	return work[sim.Outcome](ctx, h, abi.Request{Verb: "simulate"}, args, simulateUnits, func(p sim.Progress, body []byte) (bool, error) {
		for line := range bytes.Lines(body) {
			if err := read(bytes.TrimSpace(line)); err != nil {
				return false, err
			}
		}
		if each != nil {
			each(p)
		}
		return c.Stop == nil || !c.Stop(), nil
	})
}

// Compare carries out a study, and calls each with how far it is; nil is nobody. If the context ends, so does the study;
// the instance goes on. A study with a load, a database or a policy of one's own can't be handed to the module; see
// Node.Compare for a database. A profile's text must be JSON.
func (h *Host) Compare(ctx context.Context, s compare.Study, each func(compare.Progress)) (*compare.Result, error) {
	return h.compare(ctx, s, 0, each)
}

// Compare is Host.Compare, for a study of which every node begins as a copy of this one.
func (n *Node) Compare(ctx context.Context, s compare.Study, each func(compare.Progress)) (*compare.Result, error) {
	return n.host.compare(ctx, s, n.handle, each)
}

func (h *Host) compare(ctx context.Context, s compare.Study, node uint32, each func(compare.Progress)) (*compare.Result, error) {
	own := s.Load != nil || s.From != nil
	for _, p := range s.Policies {
		own = own || p.Own != nil
	}
	if own {
		return nil, fmt.Errorf("host: compare: a load, a database or a policy of one's own stays outside of the module: %w", errdefs.ErrInvalidArgument)
	}
	return work[compare.Result](ctx, h, abi.Request{Verb: "compare", Node: node}, s, compareUnits, func(p compare.Progress, _ []byte) (bool, error) {
		if each != nil {
			each(p)
		}
		return true, nil
	})
}

// work begins a job and steps it to its end, or until each returns false or the context ends, which ends the job alone.
func work[Result, Progress any](ctx context.Context, h *Host, begin abi.Request, args any, units int, each func(Progress, []byte) (bool, error)) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("host: %s: %w", begin.Verb, err)
	}
	alone := context.WithoutCancel(ctx) // a call that is canceled while it runs takes the instance with it
	var job abi.Job
	if _, err := h.askWith(alone, begin, args, &job); err != nil {
		return nil, err
	}
	for {
		var at struct {
			Done     bool
			Progress Progress
			Result   *Result
		}
		body, err := h.askWith(alone, abi.Request{Verb: "step"}, abi.Step{Job: job.Job, Units: units}, &at)
		if err != nil {
			return nil, err
		}
		goOn, err := each(at.Progress, body)
		if err == nil {
			err = ctx.Err()
		}
		if at.Done && err == nil {
			return at.Result, nil
		}
		if err == nil && goOn {
			continue
		}
		if !at.Done {
			if _, stopped := h.askWith(alone, abi.Request{Verb: "stop"}, job, nil); err == nil {
				err = stopped
			}
		}
		if err != nil {
			err = fmt.Errorf("host: %s: %w", begin.Verb, err)
		}
		return nil, err
	}
}

// askWith is ask, with arguments.
func (h *Host) askWith(ctx context.Context, r abi.Request, args, into any) ([]byte, error) {
	coded, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	r.Args = coded
	return h.ask(ctx, r, nil, into)
}
