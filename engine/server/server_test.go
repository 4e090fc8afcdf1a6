//go:build !wasm

package server_test

import (
	"context"
	"testing"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/server"
)

var inDefault = namespaces.WithNamespace(context.Background(), "default")

// serve starts a server of a new node.
func serve(t testing.TB, opts ...server.Option) *server.Server {
	t.Helper()
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Listen(node, "", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func dial(t testing.TB, s *server.Server) *containerd.Client {
	t.Helper()
	c, err := containerd.New(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestVersion(t *testing.T) {
	c := dial(t, serve(t))
	v, err := c.Version(inDefault)
	if err != nil || v.Version == "" {
		t.Error(v, err)
	}
}
