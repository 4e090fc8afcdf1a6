package parity

import (
	"context"

	"github.com/containerd/containerd/v2/core/leases"
)

type (
	leaseCreate struct {
		ID     string
		Labels map[string]string
		Fail   bool // pass an option that fails
	}
	leaseDelete struct {
		ID          string
		Synchronous bool
	}
	leaseList        struct{ Filters []string }
	leaseAddResource struct {
		ID       string
		Resource leases.Resource
	}
	leaseDeleteResource struct {
		ID       string
		Resource leases.Resource
	}
	leaseListResources struct{ ID string }
)

func (o leaseCreate) run(ctx context.Context, n *node) (any, error) {
	return n.leases.Create(ctx, func(l *leases.Lease) error {
		l.ID, l.Labels = o.ID, o.Labels
		if o.Fail {
			return errOption
		}
		return nil
	})
}

func (o leaseDelete) run(ctx context.Context, n *node) (any, error) {
	var opts []leases.DeleteOpt
	if o.Synchronous {
		opts = append(opts, leases.SynchronousDelete)
	}
	return nil, n.leases.Delete(ctx, leases.Lease{ID: o.ID}, opts...)
}

func (o leaseList) reads() {}
func (o leaseList) run(ctx context.Context, n *node) (any, error) {
	return n.leases.List(ctx, o.Filters...)
}

func (o leaseAddResource) run(ctx context.Context, n *node) (any, error) {
	return nil, n.leases.AddResource(ctx, leases.Lease{ID: o.ID}, o.Resource)
}

func (o leaseDeleteResource) run(ctx context.Context, n *node) (any, error) {
	return nil, n.leases.DeleteResource(ctx, leases.Lease{ID: o.ID}, o.Resource)
}

func (o leaseListResources) reads() {}
func (o leaseListResources) run(ctx context.Context, n *node) (any, error) {
	return n.leases.ListResources(ctx, leases.Lease{ID: o.ID})
}

var leaseRows = []row{
	{"lease create", 8, one(func(g *gen) op {
		return leaseCreate{g.leaseID(), g.leaseLabels(), g.chance(0.02)}
	})},
	{"lease delete", 5, one(func(g *gen) op { return leaseDelete{g.leaseID(), g.chance(0.5)} })},
	{"lease list", 1, one(func(g *gen) op { return leaseList{g.filters("id")} })},
	{"lease add resource", 8, one(func(g *gen) op { return leaseAddResource{g.leaseID(), g.resource()} })},
	{"lease delete resource", 3, one(func(g *gen) op { return leaseDeleteResource{g.leaseID(), g.resource()} })},
	{"lease list resources", 3, one(func(g *gen) op { return leaseListResources{g.leaseID()} })},
}

// leaseIDs are also the leases in contexts.
var leaseIDs = []string{"l1", "l2", "l3", "l4"}

func (g *gen) leaseID() string { return g.name(leaseIDs...) }

func (g *gen) resource() leases.Resource {
	if g.hostile() {
		return leases.Resource{
			ID: pick(g, "", g.overlong(), "x", g.anyDigest()),
			Type: pick(g, "", "content/x", "images/x", "snapshots", "snapshots/", "snapshots/a/b",
				"ingests/", "tasks", "content", "images", "snapshots/native"),
		}
	}
	switch g.IntN(4) {
	case 0:
		return leases.Resource{ID: g.anyDigest(), Type: "content"}
	case 1:
		return leases.Resource{ID: g.snapshotKey(), Type: "snapshots/" + g.snapshotter()}
	case 2:
		return leases.Resource{ID: g.ref(), Type: "ingests"}
	}
	return leases.Resource{ID: g.imageName(), Type: "images"}
}

func (g *gen) leaseLabels() map[string]string {
	labels := g.labels()
	if g.chance(0.3) {
		labels = with(labels, "containerd.io/gc.expire", g.labelValue("containerd.io/gc.expire"))
	}
	if g.chance(0.2) {
		labels = with(labels, "containerd.io/gc.flat", pick(g, "true", "", "false"))
	}
	return labels
}
