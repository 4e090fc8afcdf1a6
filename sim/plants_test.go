package sim_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/holdfast-gc/holdfast/sim"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The simulator must find each injected bug within plantSeeds runs of plantOps steps.
const (
	plantSeeds = 60
	plantOps   = 2000
)

// catalogue is the generated table of the injected bugs.
const catalogue = "PLANTS.md"

// TestPlants checks that the simulator finds each injected bug and shortens the trace, and that the figures match
// PLANTS.md. The short trace must not fail without the bug.
func TestPlants(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: takes minutes")
	}
	plants := sim.Plants()
	rows := make([]string, len(plants))
	var group sync.WaitGroup
	group.Add(len(plants))
	for i, plant := range plants {
		t.Run(string(plant.Name), func(t *testing.T) {
			defer group.Done()
			if i%sim.Slower != sim.Slower-1 && !*update {
				t.Skipf("the race detector runs one plant in %d", sim.Slower)
			}
			t.Parallel()
			for seed := range uint64(plantSeeds) {
				o := sim.Run(sim.Config{Seed: seed, Ops: plantOps, Plant: plant.Name})
				if o.Failure == nil {
					continue
				}
				short := sim.Shrink(o.Failure, 200_000, nil)
				if found, err := sim.Check(short.Setup, short.Trace, plant.Name); err != nil || found == nil || found.Rule != o.Failure.Rule || found.Step != short.Step {
					t.Errorf("seed %d: the short trace fails with %v (%v), want %q", seed, found, err, o.Failure.Rule)
				}
				if sound, err := sim.Check(short.Setup, short.Trace, ""); err != nil || sound != nil {
					t.Errorf("seed %d: the short trace fails without the bug: %v (%v)", seed, sound, err)
				}
				rows[i] = fmt.Sprintf("| %s | %s | %d | %s | %d | %d |\n", plant.Name, plant.Bug, seed+1, o.Failure.Rule, o.Steps, len(short.Trace))
				return
			}
			t.Errorf("no failure within %d seeds", plantSeeds)
		})
	}
	t.Run("catalogue", func(t *testing.T) {
		t.Parallel()
		group.Wait()
		if *update {
			text := fmt.Sprintf(catalogueHead, plantOps) + strings.Join(rows, "")
			if err := os.WriteFile(catalogue, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(catalogue)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			if row != "" && !strings.Contains(string(text), row) {
				t.Errorf("%s: the row is not in %s; rewrite it with -update:\n%s", plants[i].Name, catalogue, row)
			}
		}
	})
}

const catalogueHead = `# Injected bugs

Each of these bugs can be injected into the simulated node. The simulator finds it within the given number of seeds,
from 0 on, in runs of up to %d steps. The last columns are the length of the failing run and of its shortened trace.

    holdfast sim --plant NAME

| plant | bug | seeds | rule | steps | calls of the short trace |
|---|---|---:|---|---:|---:|
`
