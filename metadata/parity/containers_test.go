package parity

import (
	"context"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/typeurl/v2"
	"google.golang.org/protobuf/types/known/anypb"
)

// packed is a typeurl.Any as plain data.
type packed struct{ URL, Value string }

// any converts p. It returns a nil interface if p is nil.
func (p *packed) any() typeurl.Any {
	if p == nil {
		return nil
	}
	return &anypb.Any{TypeUrl: p.URL, Value: []byte(p.Value)}
}

func unpackAll(all map[string]*packed) map[string]typeurl.Any {
	if all == nil {
		return nil
	}
	m := make(map[string]typeurl.Any, len(all))
	for k, p := range all {
		m[k] = p.any()
	}
	return m
}

// container is a containers.Container as plain data.
type container struct {
	ID, Image, Runtime, SnapshotKey, Snapshotter, SandboxID string

	Labels        map[string]string
	Spec, Options *packed
	Extensions    map[string]*packed
}

func (c container) value() containers.Container {
	return containers.Container{
		ID: c.ID, Image: c.Image, SnapshotKey: c.SnapshotKey, Snapshotter: c.Snapshotter, SandboxID: c.SandboxID,
		Labels:     c.Labels,
		Runtime:    containers.RuntimeInfo{Name: c.Runtime, Options: c.Options.any()},
		Spec:       c.Spec.any(),
		Extensions: unpackAll(c.Extensions),
	}
}

type (
	containerGet    struct{ ID string }
	containerList   struct{ Filters []string }
	containerCreate struct{ Container container }
	containerUpdate struct {
		Container container
		Fields    []string
	}
	containerDelete struct{ ID string }
)

func (o containerGet) reads() {}
func (o containerGet) run(ctx context.Context, n *node) (any, error) {
	return n.containers.Get(ctx, o.ID)
}

func (o containerList) reads() {}
func (o containerList) run(ctx context.Context, n *node) (any, error) {
	return n.containers.List(ctx, o.Filters...)
}

func (o containerCreate) run(ctx context.Context, n *node) (any, error) {
	return n.containers.Create(ctx, o.Container.value())
}

func (o containerUpdate) run(ctx context.Context, n *node) (any, error) {
	return n.containers.Update(ctx, o.Container.value(), o.Fields...)
}

func (o containerDelete) run(ctx context.Context, n *node) (any, error) {
	return nil, n.containers.Delete(ctx, o.ID)
}

var containerRows = []row{
	{"container get", 3, one(func(g *gen) op { return containerGet{g.containerID()} })},
	{"container list", 1, one(func(g *gen) op {
		return containerList{g.filters("id", "runtime.name", "runtime", "image")}
	})},
	{"container create", 8, one(func(g *gen) op { return containerCreate{g.container()} })},
	{"container update", 6, one(func(g *gen) op {
		c := g.container()
		return containerUpdate{c, g.fieldsFor(c.Labels, "labels", "labels.a", "spec", "extensions", "extensions.x", "extensions.y", "image", "snapshotkey")}
	})},
	{"container field without a name", 1, one(func(g *gen) op {
		return containerUpdate{container{ID: g.containerID()}, []string{pick(g, "extensions.", "labels.")}}
	})},
	{"container delete", 4, one(func(g *gen) op { return containerDelete{g.containerID()} })},
}

func (g *gen) containerID() string { return g.name("c1", "c2", "c3", "c4.with-dash_5") }

func (g *gen) container() container {
	c := container{
		ID:      g.containerID(),
		Labels:  g.labels(),
		Image:   pick(g, "", "docker.io/library/alpine:3"),
		Runtime: "io.containerd.runc.v2",
		Spec:    g.packed(),
		Options: pick(g, nil, g.packed()),
	}
	if g.chance(0.5) {
		c.Snapshotter, c.SnapshotKey = g.snapshotter(), g.snapshotKey()
	}
	if g.chance(0.3) {
		c.SandboxID = g.sandboxID()
	}
	if storable(c.Labels) && g.chance(0.4) {
		c.Extensions = g.extensions()
	}
	if g.hostile() {
		switch g.IntN(5) {
		case 4:
			// A record has at most one part that cannot be stored; see labels.
			c.Labels, c.Extensions, c.Spec = nil, nil, &packed{URL: "\xff"}
		case 0:
			c.Runtime = pick(g, "", "other")
		case 1:
			c.Spec = nil
		case 2:
			c.Snapshotter = ""
		case 3:
			c.Snapshotter = "unknown"
		}
	}
	return c
}

func (g *gen) packed() *packed {
	return &packed{pick(g, "types.containerd.io/spec", "x", ""), pick(g, "", "{}", "\x00\xff bytes")}
}

// extensions draws some extensions, or rarely a single extension that cannot be stored; see labels.
func (g *gen) extensions() map[string]*packed {
	all := map[string]*packed{}
	for range g.IntN(3) {
		all[pick(g, "x", "y", "z")] = g.packed()
	}
	if g.hostile() {
		switch g.IntN(3) {
		case 0:
			return map[string]*packed{"": g.packed()}
		case 1:
			all["x"] = nil
		case 2:
			return map[string]*packed{g.overlong(): g.packed()}
		}
	}
	return all
}
