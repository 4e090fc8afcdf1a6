package sim

import (
	"errors"
	"fmt"
)

// CheckInvariants returns an error if the state of a run breaks an invariant that its types state.
func (s *Simulation) CheckInvariants() error {
	if s.over {
		return nil
	}
	if s.monitor == nil || s.world == nil || s.collector == nil {
		return errors.New("an unfinished run has no node, no world or no collector")
	}
	if s.begun != nil && s.collector.waits == "" {
		return errors.New("the schedule waits for a collection that has ended")
	}
	for _, a := range append(s.actors[:len(s.actors):len(s.actors)], s.collector) {
		if a.waits != "" && a.waits != a.op.Call {
			return fmt.Errorf("%s waits for %q, but its last call is %q", a.name, a.waits, a.op.Call)
		}
	}
	return nil
}
