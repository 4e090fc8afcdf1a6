package host_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// `go generate ./wasm/...` writes holdfast.wasm. meta.db is the database of a containerd node.
func Example() {
	ctx := context.Background()
	h, err := host.New(ctx, module, host.WithCache(cache))
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(ctx)
	db, err := os.ReadFile("../../metadata/testdata/fixtures/c242-tiny/before.db.gz")
	if err != nil {
		log.Fatal(err)
	}
	node, err := h.Open(ctx, db, engine.Setup{})
	if err != nil {
		log.Fatal(err)
	}
	plan, err := node.Plan(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("removes", plan.RemovedCount["content"], "blobs and keeps", plan.KeptCount["content"])

	// What if? A fork costs nothing, and the node stays as it is.
	fork, err := node.Fork(ctx)
	if err != nil {
		log.Fatal(err)
	}
	result, err := fork.Apply(ctx, engine.Op{Name: op.LeasesList, Header: engine.Header{NS: "default"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("leases:", result.Code)
	// Output:
	// removes 10 blobs and keeps 4
	// leases: ok
}
