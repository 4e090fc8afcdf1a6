package engine_test

import (
	"fmt"
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

// TestLimitEvents keeps the latest events, on the node and on its fork, and leaves slices of callers unchanged.
func TestLimitEvents(t *testing.T) {
	e := newEngine(t)
	ctx := namespaced("default")
	e.LimitEvents(3)
	publish := func(e *engine.Engine, from, to int) {
		for i := from; i < to; i++ {
			if err := e.DB().Publisher(ctx).Publish(ctx, fmt.Sprint("/", i), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	topics := func(events []engine.Event) (all []string) {
		for _, e := range events {
			all = append(all, e.Topic)
		}
		return all
	}
	publish(e, 0, 5)
	early := e.Events()
	publish(e, 5, 20)
	f := e.Fork()
	publish(f, 20, 21)
	for name, test := range map[string]struct {
		events []engine.Event
		want   []string
	}{
		"before": {early, []string{"/2", "/3", "/4"}},
		"node":   {e.Events(), []string{"/17", "/18", "/19"}},
		"fork":   {f.Events(), []string{"/18", "/19", "/20"}},
	} {
		if got := topics(test.events); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	e.LimitEvents(0)
	publish(e, 20, 30)
	if got := topics(e.Events()); len(got) != 13 {
		t.Errorf("without a limit: %v", got)
	}
}
