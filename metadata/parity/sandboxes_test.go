package parity

import (
	"context"

	"github.com/containerd/containerd/v2/core/sandbox"
)

// pod is a sandbox.Sandbox as plain data.
type pod struct {
	ID, Runtime, Sandboxer string

	Labels        map[string]string
	Spec, Options *packed
	Extensions    map[string]*packed
}

func (p pod) value() sandbox.Sandbox {
	return sandbox.Sandbox{
		ID: p.ID, Sandboxer: p.Sandboxer, Labels: p.Labels,
		Runtime:    sandbox.RuntimeOpts{Name: p.Runtime, Options: p.Options.any()},
		Spec:       p.Spec.any(),
		Extensions: unpackAll(p.Extensions),
	}
}

type (
	sandboxGet    struct{ ID string }
	sandboxList   struct{ Filters []string }
	sandboxCreate struct{ Sandbox pod }
	sandboxUpdate struct {
		Sandbox pod
		Fields  []string
	}
	sandboxDelete struct{ ID string }
)

func (o sandboxGet) reads() {}
func (o sandboxGet) run(ctx context.Context, n *node) (any, error) {
	return n.sandboxes.Get(ctx, o.ID)
}

func (o sandboxList) reads() {}
func (o sandboxList) run(ctx context.Context, n *node) (any, error) {
	return n.sandboxes.List(ctx, o.Filters...)
}

func (o sandboxCreate) run(ctx context.Context, n *node) (any, error) {
	return n.sandboxes.Create(ctx, o.Sandbox.value())
}

func (o sandboxUpdate) run(ctx context.Context, n *node) (any, error) {
	return n.sandboxes.Update(ctx, o.Sandbox.value(), o.Fields...)
}

func (o sandboxDelete) run(ctx context.Context, n *node) (any, error) {
	return nil, n.sandboxes.Delete(ctx, o.ID)
}

var sandboxRows = []row{
	{"sandbox get", 2, one(func(g *gen) op { return sandboxGet{g.sandboxID()} })},
	{"sandbox list", 1, one(func(g *gen) op { return sandboxList{g.filters("id", "runtime.name")} })},
	{"sandbox create", 6, one(func(g *gen) op { return sandboxCreate{g.pod()} })},
	{"sandbox update", 5, one(func(g *gen) op {
		p := g.pod()
		return sandboxUpdate{p, g.fieldsFor(p.Labels, "labels", "labels.a", "extensions", "extensions.x", "spec", "runtime")}
	})},
	{"sandbox with two invalid parts", 1, one(func(g *gen) op {
		return sandboxCreate{pod{
			ID:         g.sandboxID(),
			Labels:     map[string]string{g.overlong(): "v"},
			Extensions: map[string]*packed{"": g.packed()},
		}}
	})},
	{"sandbox with an empty name", 1, func(g *gen) []op {
		return []op{sandboxDelete{"s1"}, sandboxDelete{"s2"}, sandboxDelete{"s3"}, sandboxDelete{""}}
	}},
	{"sandbox delete", 3, one(func(g *gen) op { return sandboxDelete{g.sandboxID()} })},
}

func (g *gen) sandboxID() string { return g.name("s1", "s2", "s3") }

func (g *gen) pod() pod {
	p := pod{
		ID:        g.sandboxID(),
		Labels:    g.labels(),
		Runtime:   pick(g, "runc", "runc", "kata", ""),
		Sandboxer: pick(g, "", "podsandbox"),
		Spec:      pick(g, nil, g.packed()),
		Options:   pick(g, nil, g.packed()),
	}
	if storable(p.Labels) && g.chance(0.4) {
		p.Extensions = g.extensions()
	}
	return p
}
