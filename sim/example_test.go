package sim_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/sim"
)

func Example() {
	outcome := sim.Run(sim.Config{Seed: 1, Ops: 1000, Profile: "steady", CollectEvery: 100})
	fmt.Println("failed:", outcome.Failure != nil)
	fmt.Println("collected:", outcome.Collections > 0)
	// Output:
	// failed: false
	// collected: true
}

// A host with a single thread runs a simulation in slices.
func ExampleBegin() {
	run := sim.Begin(sim.Config{Seed: 1, Ops: 1000})
	for !run.Step(100) {
		_ = run.Progress() // show the progress, handle other events
	}
	fmt.Println("failed:", run.Outcome().Failure != nil)
	// Output:
	// failed: false
}
