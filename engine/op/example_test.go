package op_test

import (
	"context"
	"fmt"
	"log"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// This example parses an Op and calls the store method of its row. An engine does the same in Apply.
func Example() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	o, err := op.Parse([]byte(`{"op":"leases.create","ns":"default","id":"work"}`))
	if err != nil {
		log.Fatal(err)
	}
	row, _ := op.RowOf(o.Name)
	fmt.Println(row.Name, "takes", row.Args, "and returns", row.Result)

	ctx := namespaces.WithNamespace(context.Background(), o.NS)
	target := op.Target{Stores: node, Open: &op.Open{}}
	for range 2 {
		fmt.Println(op.NewResult(row.Call(ctx, target, o.Args)))
	}
	// Output:
	// leases.create takes op.LeasesCreateArgs and returns leases.Lease
	// {"code":"ok","value":{"id":"work","createdAt":"2026-01-01T00:00:00Z"}}
	// {"code":"already_exists","error":"lease \"work\": already exists"}
}
