package sim

import (
	"math/rand/v2"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
)

// Drawn is what a seed drew before its first step.
type Drawn struct {
	Rules        string         `json:"rules"` // the version of containerd
	Isolated     bool           `json:"isolated"`
	Namespaces   int            `json:"namespaces"`
	Images       int            `json:"images"` // how many different ones there are to pull
	Names        int            `json:"names"`  // how many names records share
	CollectEvery int            `json:"collect_every"`
	ClockEvery   int            `json:"clock_every"`
	FaultEvery   int            `json:"fault_every"` // 0: no faults
	Actors       map[string]int `json:"actors"`      // how many there are of each kind
	Faults       []string       `json:"faults"`      // the kinds that happen
}

// draw draws what kind of run it is.
func draw(r *rand.Rand, c Config) Drawn {
	d := Drawn{
		Rules:        []string{"1.6", "1.7", "2.0", "2.2", "2.4", "2.4", "2.4", "2.4"}[r.IntN(8)],
		Isolated:     r.IntN(4) == 0,
		Namespaces:   1 + r.IntN(3),
		Images:       4 << r.IntN(6),
		Names:        2 << r.IntN(5),
		CollectEvery: 20 << r.IntN(6),
		ClockEvery:   10 << r.IntN(5),
		Actors:       map[string]int{},
	}
	if c.CollectEvery > 0 {
		d.CollectEvery = c.CollectEvery
	}
	for _, k := range actorKinds {
		if n := r.IntN(4); n > 0 || k.name == "puller" {
			d.Actors[k.name] = max(n, 1)
		}
	}
	if r.IntN(4) > 0 {
		d.FaultEvery = 40 << r.IntN(5)
		for _, f := range faultKinds {
			if r.IntN(3) > 0 {
				d.Faults = append(d.Faults, f.name)
			}
		}
	}
	if c.Profile == "calm" || len(d.Faults) == 0 {
		d.FaultEvery, d.Faults = 0, nil
	}
	if c.Profile == "steady" {
		d = steady(d)
	}
	return d
}

// steady is a run without surprises on a store of a few thousand objects: the one whose speed is measured.
func steady(d Drawn) Drawn {
	d.Rules, d.Isolated, d.Namespaces, d.Images, d.Names = "2.4", false, 3, 256, 64
	d.ClockEvery, d.FaultEvery, d.Faults = 100, 0, nil
	for _, k := range actorKinds {
		d.Actors[k.name] = 1
	}
	d.Actors["puller"] = 4
	return d
}

// Profiles are the kinds of runs that can be asked for: "swarm" draws everything, "calm" has no faults,
// "steady" is always the same but for the seed.
func Profiles() []string { return []string{"calm", "steady", "swarm"} }

func knownProfile(name string) bool { return name == "" || slices.Contains(Profiles(), name) }

// setup is how the node is made.
func (d Drawn) setup(seed uint64) engine.Setup {
	return engine.Setup{
		Holdfast: engine.OpVersion, Rules: d.Rules, Snapshotters: []string{"native", "overlayfs"}, Isolated: d.Isolated,
		Seed: seed, Unscheduled: true, Turns: true,
	}
}
