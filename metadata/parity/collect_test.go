package parity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/containerd/containerd/v2/pkg/gc"
)

type (
	collect  struct{}
	register struct {
		Type  gc.ResourceType
		Label string
		Shape shape
	}
	addResource struct {
		Collector gc.ResourceType
		Resource  resource
	}
	removeResource struct {
		Collector gc.ResourceType
		Key       string
	}
)

var errNoCollector = errors.New("no such collector")

func (o collect) exclusive() {}
func (o collect) run(ctx context.Context, n *node) (any, error) {
	// A collection of containerd leaks a goroutine if its context is cancelled.
	stats, err := n.db.GarbageCollect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	return n.db.durations(stats), nil
}

func (o register) exclusive() {}
func (o register) run(ctx context.Context, n *node) (any, error) {
	c := &resources{journal: n.journal, fault: n.fault, stream: fmt.Sprint("collector ", o.Type), label: o.Label, shape: o.Shape}
	n.db.register(o.Type, c)
	n.collectors[o.Type] = c
	return nil, nil
}

func (o addResource) reads() {}
func (o addResource) run(ctx context.Context, n *node) (any, error) {
	c, ok := n.collectors[o.Collector]
	if !ok {
		return nil, errNoCollector
	}
	c.all = append(c.all, o.Resource)
	return nil, nil
}

func (o removeResource) reads() {}
func (o removeResource) run(ctx context.Context, n *node) (any, error) {
	c, ok := n.collectors[o.Collector]
	if !ok {
		return nil, errNoCollector
	}
	c.all = slices.DeleteFunc(c.all, func(r resource) bool { return r.Node.Key == o.Key })
	return nil, nil
}

var collectRows = []row{
	{"collect", 3, one(func(g *gen) op { return collect{} })},
	{"register collector", 2, one(func(g *gen) op {
		return register{g.collectorType(), pick(g, "test", "stream", "", "content", "snapshot.native"), shape(g.IntN(int(shapes)))}
	})},
	{"resource add", 6, one(func(g *gen) op {
		r := resource{Node: g.collectible(), Active: g.chance(0.3)}
		if g.chance(0.3) {
			r.Lease = g.leaseID()
		}
		if g.chance(0.3) {
			r.Backs = g.referenceTarget()
		}
		for range g.IntN(3) {
			r.Refers = append(r.Refers, g.referenceTarget())
		}
		return addResource{r.Node.Type, r}
	})},
	{"malformed reference", 1, func(g *gen) []op {
		if !g.once("malformed reference") || g.chance(0.93) {
			return nil
		}
		n := gc.Node{Type: 11, Namespace: firstNamespace, Key: "t1"}
		bad := gc.Node{Type: 2, Namespace: firstNamespace, Key: "no slash"}
		return []op{leaseCreate{ID: "l1"}, register{n.Type, "bad", withReferences},
			addResource{n.Type, resource{Node: n, Active: true, Refers: []gc.Node{bad}}}, collect{}}
	}},
	{"resource remove", 2, one(func(g *gen) op {
		return removeResource{g.collectorType(), pick(g, resourceKeys...)}
	})},
}

// resourceKeys are the keys of resources of collectors. Labels refer to them.
var resourceKeys = []string{"t1", "t2", "t3"}

func (g *gen) collectorType() gc.ResourceType {
	if g.hostile() {
		return gc.ResourceType(pick(g, 0, 1, 7, 8, 30, 31, 32, 255))
	}
	return gc.ResourceType(pick(g, 9, 10, 20))
}

func (g *gen) collectible() gc.Node {
	return gc.Node{Type: g.collectorType(), Namespace: g.namespace(), Key: pick(g, resourceKeys...)}
}

// referenceTarget draws a node of any kind that can be referred to.
func (g *gen) referenceTarget() gc.Node {
	ns := g.namespace()
	switch g.IntN(6) {
	case 0:
		return gc.Node{Type: 1, Namespace: ns, Key: g.anyDigest()}
	case 1:
		return gc.Node{Type: 2, Namespace: ns, Key: g.snapshotter() + "/" + g.snapshotKey()}
	case 2:
		return gc.Node{Type: 3, Namespace: ns, Key: g.containerID()}
	case 3:
		return gc.Node{Type: 5, Namespace: ns, Key: g.imageName()}
	case 4:
		return gc.Node{Type: 7, Namespace: ns, Key: g.ref()}
	}
	return g.collectible()
}
