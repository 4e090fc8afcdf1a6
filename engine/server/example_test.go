//go:build !wasm

package server_test

import (
	"context"
	"fmt"
	"log"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/engine/server"
)

// A test starts a server, and gives its address to the program under test. It controls the node through the server's
// Node, or with a Control from another process.
func Example() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	s, err := server.Listen(node, "") // a socket in a temporary folder
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	// The program under test leaves a snapshot without a reference.
	c, err := containerd.New(s.Address())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	ctx := namespaces.WithNamespace(context.Background(), "default")
	leased, done, err := c.WithLease(ctx, leases.WithID("work"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := c.SnapshotService("overlayfs").Prepare(leased, "scratch", ""); err != nil {
		log.Fatal(err)
	}
	if err := done(ctx); err != nil {
		log.Fatal(err)
	}

	plan, err := s.Node().Plan()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("garbage:", plan.Removed)
	// Output: garbage: [snapshot/default/overlayfs/scratch]
}

func ExampleControl() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	s, err := server.Listen(node, "")
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	control := server.NewControl(s.Address())
	broken := op.FaultsSetArgs{Name: "broken disk", Fault: op.Fault{On: "content", Call: "write", Error: op.Unavailable}}
	result, err := control.Apply(context.Background(), engine.Op{Name: op.FaultsSet, Args: broken})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Code)
	// Output: ok
}
