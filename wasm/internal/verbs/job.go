package verbs

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A job is long work that the host advances. It ends with its last step, with an error, or when it is stopped.
type job interface {
	// step does up to so many units of the work, and returns how far it is and what belongs to them.
	step(units int) (abi.Stepped, []byte, error)
	// stop ends the work before its end. It may have failed.
	stop()
}

// begins is a verb that begins a job; the request may name a node.
func begins[A any](begin func(c *call, args A) (job, error)) verb {
	return verb{do: func(c *call) (any, []byte, error) {
		args, err := argsOf[A](c)
		if err != nil {
			return nil, nil, err
		}
		if len(c.nodes.jobs) >= abi.JobsMax || c.nodes.lastJob+1 == 0 {
			return nil, nil, fmt.Errorf("%d jobs are there: stop one first: %w", len(c.nodes.jobs), errdefs.ErrResourceExhausted)
		}
		j, err := begin(c, args)
		if err != nil {
			return nil, nil, err
		}
		return c.nodes.addJob(j), nil, nil
	}}
}

func (n *Nodes) addJob(j job) abi.Job {
	if n.jobs == nil {
		n.jobs = map[uint32]job{}
	}
	n.lastJob++
	n.jobs[n.lastJob] = j
	return abi.Job{Job: n.lastJob}
}

func (n *Nodes) job(handle uint32) (job, error) {
	if j, ok := n.jobs[handle]; ok {
		return j, nil
	}
	return nil, fmt.Errorf("job %d: %w", handle, errdefs.ErrNotFound)
}

// step advances a job. One that is done or has failed, or whose step panics, is gone.
func step(c *call) (any, []byte, error) {
	args, err := argsOf[abi.Step](c)
	if err != nil {
		return nil, nil, err
	}
	if args.Units == 0 {
		args.Units = 1
	}
	if args.Units < 0 || args.Units > abi.UnitsMax {
		return nil, nil, invalid("args: %d units: must be from 1 to %d", args.Units, abi.UnitsMax)
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

// stop ends a job before its end.
func stop(c *call) (any, []byte, error) {
	args, err := argsOf[abi.Job](c)
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
