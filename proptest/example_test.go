package proptest_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest"
)

// forgetful is an engine that deletes each new lease at once.
type forgetful struct{ proptest.System }

func (f forgetful) Apply(o engine.Op) engine.Result {
	r := f.System.Apply(o)
	if a, ok := o.Args.(op.LeasesCreateArgs); ok {
		f.System.Apply(engine.Op{Name: op.LeasesDelete, Header: engine.Header{NS: o.NS}, Args: op.LeasesDeleteArgs{ID: a.ID}})
	}
	return r
}

// A system that breaks a law, and the counterexample.
func ExampleCheck() {
	broken := func(setup engine.Setup) (proptest.System, error) {
		node, err := proptest.Engine()(setup)
		return forgetful{node}, err
	}
	report := proptest.Check(broken, proptest.WithLaws(proptest.LeaseProtects))
	for _, op := range report.First().Ops {
		fmt.Println(op)
	}
	// Output:
	// {"op":"leases.create","ns":"a","id":"x"}
}

// The names of all laws.
func ExampleLaws() {
	for _, law := range proptest.Laws() {
		fmt.Println(law.Name)
	}
	// Output:
	// reachable records stay
	// unreachable records go
	// results agree with the model
	// results agree with the model under faults
	// a crash leaves a sound state
	// records made during a collection stay
	// concurrent clients agree with the model
	// a second collection removes nothing
	// a plan equals the collection
	// the order of creation doesn't matter
	// an added reference removes nothing
	// a lease protects until its end
	// a flat lease keeps only its resources
	// back references equal forward references
	// namespaces are independent
	// isolated content is isolated
	// a failed call changes nothing
	// a dump survives a round trip
	// a bolt file holds the whole state
	// forks are independent
	// transactions equal single calls
	// events match the changes
	// reads show the records
	// backends keep no orphans
	// explanations follow the references
	// answers foretell deletions
	// questions show the state
}
