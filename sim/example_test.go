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

// A host that has only one thread makes a run in slices.
func ExampleBegin() {
	run := sim.Begin(sim.Config{Seed: 1, Ops: 1000})
	for !run.Step(100) {
		_ = run.Progress() // show it, look after something else
	}
	fmt.Println("failed:", run.Outcome().Failure != nil)
	// Output:
	// failed: false
}
