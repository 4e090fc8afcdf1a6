package oracle_test

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/sim/oracle"
)

func Example() {
	setup := engine.Setup{Holdfast: op.Version, Unscheduled: true}
	opts, _ := setup.Options()
	node, _ := engine.New(opts...)
	o := oracle.New(node, setup, nil)
	for _, line := range []string{
		`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"work"}`,
		`{"op":"collect"}`,
		`{"op":"snapshots.stat","ns":"default","snapshotter":"native","key":"work"}`,
	} {
		op, _ := op.Parse([]byte(line))
		o.Before(op)
		result := node.Apply(context.Background(), op)
		fmt.Println(op.Name, result.Code, o.After(op, result) == nil)
	}
	// Output:
	// snapshots.prepare ok true
	// collect ok true
	// snapshots.stat not_found true
}
