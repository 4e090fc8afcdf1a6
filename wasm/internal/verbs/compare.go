package verbs

import (
	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A comparison is the job of "compare". One unit is one step of the study.
type comparison struct{ study *compare.Running }

// beginComparison begins a study. If the request names a node, every node of the study starts as a copy of it.
func beginComparison(c *call, study compare.Study) (job, error) {
	if c.handle != 0 {
		node, err := c.nodes.get(c.handle)
		if err != nil {
			return nil, err
		}
		study.From, study.FromName = node.Fork(), "the database"
	}
	running, err := compare.Begin(study)
	if err != nil {
		return nil, err
	}
	return comparison{running}, nil
}

func (c comparison) step(units int) (abi.StepResult, []byte, error) {
	done := false
	for ; units > 0 && !done; units-- {
		var err error
		if done, err = c.study.Step(); err != nil {
			return abi.StepResult{}, nil, err
		}
	}
	p := c.study.Progress()
	value := abi.StepResult{Done: done, Did: p.Done, Of: p.Total, Progress: p}
	if done {
		value.Of, value.Result = p.Done, c.study.Result()
	}
	return value, nil, nil
}

func (comparison) stop() {}
