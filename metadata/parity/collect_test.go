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
	thingAdd struct {
		Collector gc.ResourceType
		Thing     thing
	}
	thingRemove struct {
		Collector gc.ResourceType
		Key       string
	}
)

var errNoCollector = errors.New("no such collector")

func (o collect) alone() {}
func (o collect) run(ctx context.Context, n *node) (any, error) {
	// containerd's collection leaks a goroutine when its context ends.
	stats, err := n.db.GarbageCollect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	return n.db.durations(stats), nil
}

func (o register) alone() {}
func (o register) run(ctx context.Context, n *node) (any, error) {
	c := &things{journal: n.journal, fault: n.fault, stream: fmt.Sprint("collector ", o.Type), label: o.Label, shape: o.Shape}
	n.db.register(o.Type, c)
	n.collectors[o.Type] = c
	return nil, nil
}

func (o thingAdd) reads() {}
func (o thingAdd) run(ctx context.Context, n *node) (any, error) {
	c, ok := n.collectors[o.Collector]
	if !ok {
		return nil, errNoCollector
	}
	c.all = append(c.all, o.Thing)
	return nil, nil
}

func (o thingRemove) reads() {}
func (o thingRemove) run(ctx context.Context, n *node) (any, error) {
	c, ok := n.collectors[o.Collector]
	if !ok {
		return nil, errNoCollector
	}
	c.all = slices.DeleteFunc(c.all, func(t thing) bool { return t.Node.Key == o.Key })
	return nil, nil
}

var collectRows = []row{
	{"collect", 3, one(func(g *gen) op { return collect{} })},
	{"register collector", 2, one(func(g *gen) op {
		return register{g.collectorType(), pick(g, "test", "stream", "", "content", "snapshot.native"), shape(g.IntN(int(shapes)))}
	})},
	{"thing add", 6, one(func(g *gen) op {
		t := thing{Node: g.collectible(), Active: g.chance(0.3)}
		if g.chance(0.3) {
			t.Lease = g.leaseID()
		}
		if g.chance(0.3) {
			t.Backs = g.resourceNode()
		}
		for range g.IntN(3) {
			t.Refers = append(t.Refers, g.resourceNode())
		}
		return thingAdd{t.Node.Type, t}
	})},
	{"malformed reference", 1, func(g *gen) []op {
		if !g.once("malformed reference") || g.chance(0.93) {
			return nil
		}
		n := gc.Node{Type: 11, Namespace: firstNamespace, Key: "t1"}
		bad := gc.Node{Type: 2, Namespace: firstNamespace, Key: "no slash"}
		return []op{leaseCreate{ID: "l1"}, register{n.Type, "bad", withReferences}, thingAdd{n.Type, thing{Node: n, Active: true, Refers: []gc.Node{bad}}}, collect{}}
	}},
	{"thing remove", 2, one(func(g *gen) op {
		return thingRemove{g.collectorType(), pick(g, things1...)}
	})},
}

// things1 are the keys of things, which labels refer to.
var things1 = []string{"t1", "t2", "t3"}

func (g *gen) collectorType() gc.ResourceType {
	if g.hostile() {
		return gc.ResourceType(pick(g, 0, 1, 7, 8, 30, 31, 32, 255))
	}
	return gc.ResourceType(pick(g, 9, 10, 20))
}

func (g *gen) collectible() gc.Node {
	return gc.Node{Type: g.collectorType(), Namespace: g.namespace(), Key: pick(g, things1...)}
}

// resourceNode is a node of any kind that something may refer to.
func (g *gen) resourceNode() gc.Node {
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
