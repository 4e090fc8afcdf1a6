package engine

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// registered is a Collector of the node.
type registered struct {
	resource  gc.ResourceType
	collector metadata.Collector
}

// collectorGate passes the calls of a daemon to a Collector.
type collectorGate struct {
	d *daemon
	registered
}

func (g collectorGate) site(call, key string) site {
	return site{fmt.Sprintf("collectors/%d", g.resource), call, key}
}

func (g collectorGate) ReferenceLabel() string { return g.collector.ReferenceLabel() }

// StartCollection returns a context with the optional methods of the Collector's own context. A collection behaves
// differently depending on their presence.
func (g collectorGate) StartCollection(ctx context.Context) (metadata.CollectionContext, error) {
	c, err := pass(ctx, g.d, g.site("start", ""), func() (metadata.CollectionContext, error) {
		return g.collector.StartCollection(ctx)
	})
	if err != nil {
		return nil, err
	}
	gate := collectionGate{c, g}
	back, hasBack := c.(metadata.BackReferrer)
	forward, hasForward := c.(metadata.ForwardReferrer)
	switch {
	case hasBack && hasForward:
		return struct {
			collectionGate
			metadata.BackReferrer
			metadata.ForwardReferrer
		}{gate, back, forward}, nil
	case hasBack:
		return struct {
			collectionGate
			metadata.BackReferrer
		}{gate, back}, nil
	case hasForward:
		return struct {
			collectionGate
			metadata.ForwardReferrer
		}{gate, forward}, nil
	}
	return gate, nil
}

type collectionGate struct {
	metadata.CollectionContext
	g collectorGate
}

func (c collectionGate) Remove(n gc.Node) {
	_ = passOnly(context.Background(), c.g.d, c.g.site("remove", n.Key), func() error {
		c.CollectionContext.Remove(n)
		return nil
	})
}

func (c collectionGate) Cancel() error {
	return passOnly(context.Background(), c.g.d, c.g.site("cancel", ""), c.CollectionContext.Cancel)
}

func (c collectionGate) Finish() error {
	return passOnly(context.Background(), c.g.d, c.g.site("finish", ""), c.CollectionContext.Finish)
}
