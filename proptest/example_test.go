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
