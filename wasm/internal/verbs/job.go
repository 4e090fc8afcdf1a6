package verbs

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A job is long work that the host advances in steps. It ends after its last step, after an error, or when it is
// stopped.
type job interface {
	// step does at most units units. It returns the progress and the body of the response.
	step(units int) (abi.StepResult, []byte, error)
	// stop releases the job. It may be called after step has failed.
	stop()
}

// jobVerb returns a verb that begins a job. The request may name a node.
func jobVerb[A any](begin func(c *call, args A) (job, error)) verb {
	return verb{run: func(c *call) (any, []byte, error) {
		args, err := decodeArgs[A](c)
		if err != nil {
			return nil, nil, err
		}
		j, err := begin(c, args)
		if err != nil {
			return nil, nil, err
		}
		begun, err := c.nodes.addJob(j)
		return begun, nil, err
	}}
}

// addJob stores a job and returns its handle. It returns an error of class ResourceExhausted, and stops the job, if too
// many jobs are running.
func (n *Nodes) addJob(j job) (abi.Job, error) {
	if len(n.jobs) >= abi.JobsMax || n.lastJob+1 == 0 {
		j.stop()
		return abi.Job{}, fmt.Errorf("%d jobs are running; stop one first: %w", len(n.jobs), errdefs.ErrResourceExhausted)
	}
	if n.jobs == nil {
		n.jobs = map[uint32]job{}
	}
	n.lastJob++
	n.jobs[n.lastJob] = j
	return abi.Job{Job: n.lastJob}, nil
}

func (n *Nodes) job(handle uint32) (job, error) {
	if j, ok := n.jobs[handle]; ok {
		return j, nil
	}
	return nil, fmt.Errorf("job %d: %w", handle, errdefs.ErrNotFound)
}

// step advances a job. It removes the job if the job is done, fails or panics.
func step(c *call) (any, []byte, error) {
	args, err := decodeArgs[abi.Step](c)
	if err != nil {
		return nil, nil, err
	}
	if args.Units == 0 {
		args.Units = 1
	}
	if args.Units < 0 || args.Units > abi.UnitsMax {
		return nil, nil, invalid("args: units is %d; it must be from 1 to %d", args.Units, abi.UnitsMax)
	}
	j, err := c.nodes.job(args.Job)
	if err != nil {
		return nil, nil, err
	}
	delete(c.nodes.jobs, args.Job)
	value, body, err := j.step(args.Units)
	if err != nil {
		j.stop()
		return nil, nil, err
	}
	if !value.Done {
		c.nodes.jobs[args.Job] = j
	}
	return value, body, nil
}

// stop stops and removes a job.
func stop(c *call) (any, []byte, error) {
	args, err := decodeArgs[abi.Job](c)
	if err != nil {
		return nil, nil, err
	}
	j, err := c.nodes.job(args.Job)
	if err != nil {
		return nil, nil, err
	}
	delete(c.nodes.jobs, args.Job)
	j.stop()
	return nil, nil, nil
}
