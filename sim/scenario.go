package sim

import (
	"maps"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Scenario is the kind of run that a seed selects: its actors, names, faults and schedule. The seed draws it before
// the first step.
type Scenario struct {
	Rules        string         `json:"rules"`       // the version of containerd
	Isolated     bool           `json:"isolated"`    // namespaces share no content
	NamedParts   bool           `json:"named_parts"` // see engine.WithNamedParts
	Namespaces   int            `json:"namespaces"`
	Images       int            `json:"images"`        // number of images in the registry
	Names        int            `json:"names"`         // number of names that records of a kind share
	Schedule     string         `json:"schedule"`      // one of Schedules
	CollectEvery int            `json:"collect_every"` // average number of steps between collections; 0: the schedule decides
	ClockEvery   int            `json:"clock_every"`   // average number of steps between clock advances
	FaultEvery   int            `json:"fault_every"`   // 0: no faults
	Actors       map[string]int `json:"actors"`        // number of actors by kind
	Faults       map[string]int `json:"faults"`        // weights by kind of fault
}

// draw draws a scenario.
func draw(r *chooser, c Config) Scenario {
	d := Scenario{
		Rules:        []string{"1.6", "1.7", "2.0", "2.2", "2.2", "2.4", "2.4", "2.4"}[r.choose("rules", 8)],
		Isolated:     r.choose("isolated", 4) == 0,
		Namespaces:   1 + r.choose("namespaces", 3),
		Images:       4 << r.choose("images", 6),
		Names:        2 << r.choose("names", 5),
		CollectEvery: 20 << r.choose("collect-every", 6),
		ClockEvery:   10 << r.choose("clock-every", 5),
		Actors:       map[string]int{},
		Faults:       map[string]int{},
	}
	// Half of the seeds clean backends as a metadata.DB does without options. The load puts no other parts into them.
	d.NamedParts = c.Seed%2 == 1 || c.Profile == Steady
	d.schedule(r, c)
	for _, k := range actorKinds {
		if n := r.choose("actor/"+k.name, 4); n > 0 || k.name == pullerKind {
			d.Actors[k.name] = max(n, 1)
		}
	}
	d.faults(r, c)
	if c.Profile == Steady {
		d = steady(d)
	}
	return d
}

// schedule draws the schedule.
func (d *Scenario) schedule(r *chooser, c Config) {
	all := Schedules()
	if d.Schedule = RandomSchedule; r.choose("scheduled", 2) == 0 {
		d.Schedule = all[r.choose("schedule", len(all))]
	}
	switch {
	case c.CollectEvery > 0:
		d.Schedule, d.CollectEvery = RandomSchedule, c.CollectEvery
	case c.Schedule != "":
		d.Schedule = c.Schedule
	case c.Profile == Steady:
		d.Schedule = RandomSchedule
	}
	if d.Schedule != RandomSchedule {
		d.CollectEvery = 0
	}
}

// faults draws the kinds of faults, and their frequency.
func (d *Scenario) faults(r *chooser, c Config) {
	wrong, every := r.choose("faulty", 4) > 0, 40<<r.choose("fault-every", 5)
	for _, f := range faultKinds {
		if weight := r.choose("fault/"+f.name, 4); weight > 0 && wrong {
			d.Faults[f.name] = weight
		}
	}
	if c.Faults != nil {
		d.Faults = maps.Clone(c.Faults)
		maps.DeleteFunc(d.Faults, func(_ string, weight int) bool { return weight <= 0 })
	} else if c.Profile == Calm {
		clear(d.Faults)
	}
	if len(d.Faults) > 0 {
		d.FaultEvery = every
	}
	if c.FaultEvery > 0 && d.FaultEvery > 0 {
		d.FaultEvery = c.FaultEvery
	}
}

// steady returns a scenario without faults on a store of a few thousand objects, for benchmarks.
func steady(d Scenario) Scenario {
	d.Rules, d.Isolated, d.Namespaces, d.Images, d.Names = "2.4", false, 3, 256, 64
	d.ClockEvery, d.FaultEvery, d.Faults = 100, 0, map[string]int{}
	for _, k := range actorKinds {
		d.Actors[k.name] = 1
	}
	d.Actors[pullerKind] = 4
	delete(d.Actors, transactorKind) // clients of a daemon share no transactions and make no forks
	delete(d.Actors, forkerKind)
	return d
}

// The profiles.
const (
	Swarm  = "swarm"  // the seed draws everything
	Calm   = "calm"   // as Swarm, without faults
	Steady = "steady" // the same load for every seed, for benchmarks
)

// Profiles returns the names of all profiles.
func Profiles() []string { return []string{Calm, Steady, Swarm} }

// setup returns the setup of the node.
func (d Scenario) setup(seed uint64) engine.Setup {
	return engine.Setup{
		Holdfast: op.Version, Rules: d.Rules, Snapshotters: []string{"native", "overlayfs"}, Isolated: d.Isolated,
		NamedParts: d.NamedParts, Seed: seed, Unscheduled: true, Turns: true,
	}
}
