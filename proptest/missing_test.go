package proptest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"

	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/stores"
)

// A partial is a system of package stores on an engine, with some stores missing.
type partial struct {
	*stores.Node
	engine *engine.Engine
	remove func(*stores.Stores)
}

func (p *partial) Promises() []proptest.Promise {
	return []proptest.Promise{proptest.Clock, proptest.Isolation, proptest.Crashes, proptest.Tidies}
}

func (p *partial) State() (proptest.State, error) {
	s := proptest.State{
		Metadata: p.engine.KV(), Now: p.engine.Clock().Now(), Down: p.engine.Down(),
	}
	if p.Content != nil {
		s.Content = p.engine.ContentBackend()
	}
	for name := range p.Snapshotters {
		if s.Snapshots == nil {
			s.Snapshots = map[string]*backend.Snapshotter{}
		}
		s.Snapshots[name] = p.engine.SnapshotterBackend(name)
	}
	return s, nil
}

func (p *partial) Close() error {
	p.Drop()
	return p.engine.Close()
}

// without returns a function that makes systems without the stores that remove takes away.
func without(remove func(*stores.Stores)) proptest.New {
	return func(setup engine.Setup) (proptest.System, error) {
		opts, err := setup.Options()
		if err != nil {
			return nil, err
		}
		e, err := engine.New(opts...)
		if err != nil {
			return nil, err
		}
		p := &partial{engine: e, remove: remove}
		p.boot(setup)
		return p, nil
	}
}

// boot makes the stores of the running daemon.
func (p *partial) boot(setup engine.Setup) {
	e := p.engine
	layers := map[string]snapshots.Snapshotter{}
	for _, name := range setup.Snapshotters {
		layers[name] = e.Snapshotter(name)
	}
	pass := func(o engine.Op) (any, error) {
		r := e.Apply(context.Background(), o)
		return r.Value, r.Err()
	}
	s := stores.Stores{
		Images: e.Images(), Containers: e.Containers(), Sandboxes: e.Sandboxes(), Leases: e.Leases(), Content: e.Content(), Snapshotters: layers,
		Namespaces: func(_ context.Context, fn func(namespaces.Store) error) error { return fn(e.Namespaces()) },
		Collect: func(ctx context.Context) error {
			_, err := e.Collect(ctx)
			return err
		},
		More: map[op.Name]func(engine.Op) (any, error){op.ClockAdvance: pass, op.NodeCrash: func(o engine.Op) (any, error) {
			p.Drop()
			defer p.boot(setup)
			return pass(o)
		}},
	}
	p.remove(&s)
	p.Node = stores.New(s)
}

// TestMissingStores checks systems that lack a store. Every store can be absent, and no law is broken for that reason.
func TestMissingStores(t *testing.T) {
	for _, test := range []struct {
		name    string
		remove  func(*stores.Stores)
		missing string
	}{
		{"nothing", func(*stores.Stores) {}, ""},
		{"images", func(s *stores.Stores) { s.Images = nil }, "images"},
		{"containers", func(s *stores.Stores) { s.Containers = nil }, "containers"},
		{"sandboxes", func(s *stores.Stores) { s.Sandboxes = nil }, "sandboxes"},
		{"leases", func(s *stores.Stores) { s.Leases = nil }, "leases"},
		{"content", func(s *stores.Stores) { s.Content = nil }, "content"},
		{"snapshotters", func(s *stores.Stores) { s.Snapshotters = nil }, "snapshots/s, snapshots/t"},
		{"one snapshotter", func(s *stores.Stores) { delete(s.Snapshotters, "t") }, "snapshots/t"},
		{"namespaces", func(s *stores.Stores) { s.Namespaces = nil }, "namespaces"},
		{"collections", func(s *stores.Stores) { s.Collect = nil }, "collect"},
		{"everything but images", func(s *stores.Stores) { *s = stores.Stores{Images: s.Images, More: s.More} }, ""},
		{"everything", func(s *stores.Stores) { *s = stores.Stores{} }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := proptest.Check(without(test.remove), proptest.WithCases(60/slower))
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			for _, f := range r.Failures() {
				t.Errorf("%s", f)
			}
			if test.missing != "" && strings.Join(r.Missing, ", ") != test.missing {
				t.Errorf("missing: %q, want %s", r.Missing, test.missing)
			}
		})
	}
}
