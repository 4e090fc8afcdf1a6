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

// Within how many seeds of how many steps a planted bug has to be found.
const (
	plantSeeds = 60
	plantOps   = 2000
)

// catalogue is the file with what it takes to find each planted bug.
const catalogue = "PLANTS.md"

// TestPlants shows that the simulator finds bugs, that what it finds can be made short, and that it takes what the
// catalogue says.
func TestPlants(t *testing.T) {
	plants := sim.Plants()
	rows := make([]string, len(plants))
	var group sync.WaitGroup
	group.Add(len(plants))
	for i, plant := range plants {
		t.Run(string(plant.Name), func(t *testing.T) {
			t.Parallel()
			defer group.Done()
			if i%sim.Slower != sim.Slower-1 && !*update {
				return
			}
			for seed := range uint64(plantSeeds) {
				o := sim.Run(sim.Config{Seed: seed, Ops: plantOps, Plant: plant.Name})
				if o.Failure == nil {
					continue
				}
				short := sim.Shrink(o.Failure, 200_000, nil)
				if found, err := sim.Check(short.Setup, short.Trace, plant.Name); err != nil || found == nil || found.Rule != o.Failure.Rule || found.Step != short.Step {
					t.Errorf("seed %d: the short trace fails by %v (%v), not by %q", seed, found, err, o.Failure.Rule)
				}
				if sound, err := sim.Check(short.Setup, short.Trace, ""); err != nil || sound != nil {
					t.Errorf("seed %d: the short trace fails without the bug: %v (%v)", seed, sound, err)
				}
				rows[i] = fmt.Sprintf("| %s | %s | %d | %s | %d | %d |\n", plant.Name, plant.Bug, seed+1, o.Failure.Rule, o.Steps, len(short.Trace))
				return
			}
			t.Errorf("not found within %d seeds", plantSeeds)
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
				t.Errorf("%s: not in %s, which -update rewrites:\n%s", plants[i].Name, catalogue, row)
			}
		}
	})
}

const catalogueHead = `# Planted bugs

Each of these bugs can be put into the node that is simulated, and is found: with seeds from 0 on, runs of up to %d steps.

    holdfast sim --plant NAME

| plant | what the node does | seeds needed | what the oracle says | steps of that run | calls of the short trace |
|---|---|---|---|---|---|
`
