package shrink_test

import (
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/shrink"
)

func Example() {
	var trace []engine.Op
	for _, line := range []string{
		`{"op":"namespaces.create","name":"a-long-name"}`,
		`{"op":"images.get","ns":"a-long-name","name":"some-image"}`,
		`{"op":"leases.create","ns":"a-long-name","id":"some-lease","labels":{"x":"y"}}`,
		`{"op":"collect"}`,
	} {
		op, _ := op.Parse([]byte(line))
		trace = append(trace, op)
	}
	// A trace fails if it makes a lease and collects later.
	fails := func(trace []engine.Op) bool {
		made := false
		for _, o := range trace {
			switch a := o.Args.(type) {
			case op.LeasesCreateArgs:
				made = a.ID != ""
			}
			if o.Name == op.Collect && made {
				return true
			}
		}
		return false
	}
	for _, op := range shrink.Trace(trace, fails, nil) {
		fmt.Println(op)
	}
	// Output:
	// {"op":"leases.create","id":"i1"}
	// {"op":"collect"}
}
