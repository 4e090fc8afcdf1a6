package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Units per call of a job. A call takes some ten milliseconds, a phase of the check of a large file more. Between two
// calls, other goroutines may use the instance, and the job checks its context.
const (
	simulateUnits = 200
	compareUnits  = 1
	checkUnits    = 1
)

// Simulate runs one seed like [sim.Run]. It calls each, unless nil, with the progress some times per second. At most
// one of c.Hashed and c.Traced may be set. If c.Stop stops the run, Simulate returns a nil Outcome and a nil error. If
// the context ends, Simulate returns its error; the instance continues.
//
// The Failure of the Outcome contains only the fields that are part of its JSON. To record the trace, set c.Traced.
func (h *Host) Simulate(ctx context.Context, c sim.Config, each func(sim.Progress)) (*sim.Outcome, error) {
	if c.Hashed != nil && c.Traced != nil {
		return nil, fmt.Errorf("host: simulate: Hashed and Traced exclude each other: %w", errdefs.ErrInvalidArgument)
	}
	args := abi.Simulate{
		Seed: c.Seed, Ops: c.Ops, Profile: c.Profile, CollectEvery: c.CollectEvery,
		Schedule: c.Schedule, Faults: c.Faults, FaultEvery: c.FaultEvery,
	}
	var readLine func(line []byte) error
	switch steps := 0; {
	case c.Hashed != nil:
		args.Body = abi.Hashes
		readLine = func(line []byte) error {
			hash, err := parseHash(string(line))
			steps++
			c.Hashed(steps, hash)
			return err
		}
	case c.Traced != nil:
		args.Body = abi.Trace
		readLine = func(line []byte) error {
			if steps++; steps == 1 {
				return nil // the setup
			}
			op, err := op.Parse(line)
			c.Traced(op)
			return err
		}
	}
	return work[sim.Outcome](ctx, h, abi.Request{Verb: abi.VerbSimulate}, args, nil, simulateUnits, func(p sim.Progress, body []byte) (bool, error) {
		for line := range bytes.Lines(body) {
			if err := readLine(bytes.TrimSpace(line)); err != nil {
				return false, err
			}
		}
		if each != nil {
			each(p)
		}
		return c.Stop == nil || !c.Stop(), nil
	})
}

// Compare runs a study. It calls each, unless nil, with the progress some times per second. If the context ends,
// Compare returns its error; the instance continues.
//
// The module cannot call back into Go: a study with a Load, a From or a policy with Own is an error of class
// InvalidArgument. To start from a database, use [Node.Compare]. The text of a profile must be JSON.
func (h *Host) Compare(ctx context.Context, s compare.Study, each func(compare.Progress)) (*compare.Result, error) {
	return h.compare(ctx, s, 0, each)
}

// Compare is [Host.Compare] for a study in which every node starts as a copy of n.
func (n *Node) Compare(ctx context.Context, s compare.Study, each func(compare.Progress)) (*compare.Result, error) {
	return n.host.compare(ctx, s, n.handle, each)
}

func (h *Host) compare(ctx context.Context, s compare.Study, node uint32, each func(compare.Progress)) (*compare.Result, error) {
	own := s.Load != nil || s.From != nil
	for _, p := range s.Policies {
		own = own || p.Own != nil
	}
	if own {
		return nil, fmt.Errorf("host: compare: the module does not support Load, From and Own: %w", errdefs.ErrInvalidArgument)
	}
	return work[compare.Result](ctx, h, abi.Request{Verb: abi.VerbCompare, Node: node}, s, nil, compareUnits, func(p compare.Progress, _ []byte) (bool, error) {
		if each != nil {
			each(p)
		}
		return true, nil
	})
}

// CheckOptions configure [Host.CheckWith].
type CheckOptions struct {
	examine.Options // of these, At and Containerd apply

	// Verify compares the content of every blob in an archive with its digest.
	Verify bool

	// Each, unless nil, is called after each of the four phases with the name of the next one: "pages", "read",
	// "records", and "" after the last one.
	Each func(phase string)
}

// Check checks the pages of a database file, its records and, if file is an archive of a node, its snapshotters, like
// the command fsck. The file may be gzip'd. Only At and Containerd of the options apply. Faults of the database are
// findings, not errors. If the context ends, Check returns its error; the instance continues.
func (h *Host) Check(ctx context.Context, file []byte, o examine.Options) (*examine.Fsck, error) {
	return h.CheckWith(ctx, file, CheckOptions{Options: o})
}

// CheckWith is [Host.Check] with options. Between two phases, other goroutines may use the instance.
func (h *Host) CheckWith(ctx context.Context, file []byte, o CheckOptions) (*examine.Fsck, error) {
	args := abi.Check{Examination: examination(o.Options), Verify: o.Verify, Job: true}
	return work[examine.Fsck](ctx, h, abi.Request{Verb: abi.VerbCheck}, args, file, checkUnits, func(p abi.CheckProgress, _ []byte) (bool, error) {
		if o.Each != nil {
			o.Each(string(p.Phase))
		}
		return true, nil
	})
}

// work begins a job and steps it until it is done, each returns false, or the context ends.
func work[Result, Progress any](ctx context.Context, h *Host, begin abi.Request, args any, body []byte, units int, each func(Progress, []byte) (bool, error)) (*Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("host: %s: %w", begin.Verb, err)
	}
	uncancelled := context.WithoutCancel(ctx) // cancelling a running call would end the instance
	var err error
	if begin.Args, err = json.Marshal(args); err != nil {
		return nil, fmt.Errorf("host: %s: %w", begin.Verb, err)
	}
	var job abi.Job
	if _, err := h.request(uncancelled, begin, body, &job); err != nil {
		return nil, err
	}
	for {
		var step struct {
			Done     bool
			Progress Progress
			Result   *Result
		}
		body, err := h.requestArgs(uncancelled, abi.Request{Verb: abi.VerbStep}, abi.Step{Job: job.Job, Units: units}, &step)
		if err != nil {
			return nil, err
		}
		proceed, err := each(step.Progress, body)
		if err == nil {
			err = ctx.Err()
		}
		if step.Done && err == nil {
			return step.Result, nil
		}
		if err == nil && proceed {
			continue
		}
		if !step.Done {
			if _, stopErr := h.requestArgs(uncancelled, abi.Request{Verb: abi.VerbStop}, job, nil); err == nil {
				err = stopErr
			}
		}
		if err != nil {
			err = fmt.Errorf("host: %s: %w", begin.Verb, err)
		}
		return nil, err
	}
}
