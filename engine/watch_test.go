package engine_test

import (
	"slices"
	"testing"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
)

func TestWatch(t *testing.T) {
	ctx := namespaces.WithNamespace(t.Context(), "default")
	e, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	create := func(e *engine.Engine, name string) {
		image := images.Image{Name: name, Target: ocispec.Descriptor{MediaType: "m", Size: 1, Digest: digest.FromString("x")}}
		if _, err := e.Images().Create(ctx, image); err != nil {
			t.Fatal(err)
		}
	}
	var first, second []engine.Event
	create(e, "before")
	stopFirst := e.Watch(func(event engine.Event) { first = append(first, event) })
	stopSecond := e.Watch(func(event engine.Event) { second = append(second, event) })
	defer stopSecond()
	create(e, "both")
	create(e.Fork(), "in a fork")
	stopFirst()
	stopFirst() // has no effect
	create(e, "second")

	log := e.Events()
	if !slices.Equal(first, log[1:2]) {
		t.Errorf("the first watcher received %v, the log has %v", first, log)
	}
	if !slices.Equal(second, log[1:]) {
		t.Errorf("the second watcher received %v, the log has %v", second, log)
	}
}
