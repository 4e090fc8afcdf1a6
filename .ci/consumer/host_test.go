package host_test

import (
	"context"
	"os"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// TestHost runs the WebAssembly module that consumer.sh built beside this file.
func TestHost(t *testing.T) {
	ctx := context.Background()
	module, err := os.ReadFile("holdfast.wasm")
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(ctx, module)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(ctx)
	node, err := h.NewNode(ctx, engine.Setup{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := node.Plan(ctx); err != nil {
		t.Fatal(err)
	}
}
