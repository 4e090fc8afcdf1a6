package proptest_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest"
)

// forgetful is an engine that forgets a lease as soon as it has been made.
type forgetful struct{ proptest.System }

func (f forgetful) Apply(op engine.Op) engine.Result {
	r := f.System.Apply(op)
	if a, ok := op.Args.(engine.LeaseCreate); ok {
		f.System.Apply(engine.Op{Name: "leases.delete", Header: engine.Header{NS: op.NS}, Args: engine.LeaseDelete{ID: a.ID}})
	}
	return r
}

// A system that breaks a law, and the counterexample.
func ExampleCheck() {
	broken := func(setup engine.Setup) (proptest.System, error) {
		node, err := proptest.Engine()(setup)
		return forgetful{node}, err
	}
	report := proptest.Check(broken, proptest.WithLaws("a lease protects until its end"))
	for _, op := range report.First().Ops {
		fmt.Println(op)
	}
	// Output:
	// {"op":"leases.create","ns":"a","id":"x"}
}

// What there is to be held against a system.
func ExampleLaws() {
	for _, law := range proptest.Laws() {
		fmt.Println(law.Name)
	}
	// Output:
	// what is reachable stays
	// what is unreachable goes
	// results agree with the model
	// results agree with the model whatever fails
	// a crash leaves a sound state
	// what is made meanwhile stays
	// clients may do everything at once
	// collecting twice removes nothing more
	// a plan is what the collection does
	// the order of creation doesn't matter
	// a reference more never removes more
	// a lease protects until its end
	// flat means flat
	// back references equal forward ones
	// namespaces don't touch each other
	// isolated content is isolated
	// a failed call changes nothing
	// dump, load and dump are the identity
	// a bolt file says it all
	// forks are independent
	// transactions don't matter
	// events are what happened
}
