package client_test

import (
	"context"
	"testing"

	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/client"
)

// TestClient asks a node in memory through containerd's own client.
func TestClient(t *testing.T) {
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(node)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	images, err := c.ListImages(namespaces.WithNamespace(context.Background(), "default"))
	if err != nil || len(images) != 0 {
		t.Fatalf("ListImages on a new node: %v, %v", images, err)
	}
}
