package sim

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// canceledFault is the fault during which the scheduler cancels calls.
const canceledFault = "canceled"

// faultKinds are the kinds of faults, each with an Op that injects it.
var faultKinds = []struct {
	name string
	op   func(w *world, name string) engine.Op
}{
	{"backend-error", func(w *world, name string) engine.Op {
		return faultOp(name, engine.Fault{On: w.backend(), Nth: 1 + w.Uint64N(5), Times: 1 + w.Uint64N(3), After: w.oneIn(3), Error: op.Unavailable})
	}},
	{"delay", func(w *world, name string) engine.Op {
		return faultOp(name, engine.Fault{On: w.backend(), Times: 1 + w.Uint64N(4), After: w.oneIn(3), Delay: time.Duration(1 + w.Int64N(int64(time.Minute)))})
	}},
	{"hang", func(w *world, name string) engine.Op {
		return faultOp(name, engine.Fault{On: w.backend(), Nth: 1 + w.Uint64N(3), Times: 1, After: w.oneIn(3), Hang: true})
	}},
	{"stuck-remove", func(w *world, name string) engine.Op {
		return faultOp(name, engine.Fault{On: "snapshots/" + w.snapshotter(), Call: "remove", Key: w.snapshot(), Error: op.Internal})
	}},
	{canceledFault, func(_ *world, name string) engine.Op { // the fault itself hits no call
		return faultOp(name, engine.Fault{On: "content", Key: "none", Error: op.Canceled})
	}},
	{"crash", func(*world, string) engine.Op { return engine.Op{Name: op.NodeCrash} }},
	{"crash-at-commit", func(w *world, name string) engine.Op {
		return faultOp(name, engine.Fault{On: "kv", Call: "commit", Nth: 1 + w.Uint64N(5), Times: 1, After: w.oneIn(2), Kill: true})
	}},
	{"crash-in-sweep", func(w *world, name string) engine.Op {
		f := engine.Fault{On: "content", Call: "delete", Nth: 1 + w.Uint64N(5), Times: 1, After: w.oneIn(2), Kill: true}
		if w.oneIn(2) {
			f.On, f.Call = "snapshots/"+w.snapshotter(), "remove"
		}
		return faultOp(name, f)
	}},
	{"clock-step", func(w *world, _ string) engine.Op {
		by := time.Duration(w.Int64N(int64(20*time.Hour))) - 10*time.Hour
		return engine.Op{Name: op.ClockAdvance, Args: op.ClockAdvanceArgs{By: by}}
	}},
	{"collector-start", func(_ *world, name string) engine.Op {
		return faultOp(name, engine.Fault{On: fmt.Sprint("collectors/", streamType), Call: "start", Error: op.Unavailable})
	}},
}

func faultOp(name string, f engine.Fault) engine.Op {
	return engine.Op{Name: op.FaultsSet, Args: op.FaultsSetArgs{Name: name, Fault: f}}
}

// backend draws the target of a fault.
func (w *world) backend() string {
	return pick(w, []string{"content", "content", "snapshots/overlayfs", "snapshots/overlayfs", "snapshots/native", "kv"})
}

// Faults returns the names of all kinds of faults.
func Faults() (names []string) {
	for _, k := range faultKinds {
		names = append(names, k.name)
	}
	return names
}

// fault injects one of the scenario's faults, drawn by weight.
func (s *Simulation) fault() {
	sum := 0
	for _, weight := range s.out.Scenario.Faults {
		sum += weight
	}
	at := s.random.IntN(sum)
	for _, k := range faultKinds {
		if at -= s.out.Scenario.Faults[k.name]; at >= 0 {
			continue
		}
		s.faults++
		o := k.op(s.world, fmt.Sprint("fault", s.faults))
		s.out.Faults[k.name]++
		s.inForce = s.inForce || o.Name == op.FaultsSet
		s.do(o)
		return
	}
}
