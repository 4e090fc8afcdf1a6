package recorded

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// A model is the node of a recording as far as events tell, beside which the events are interpreted. It tells whether a
// collection explains a removal: then the collector removed the object, and no client. Unlike the trace, the model has
// no root labels that keep snapshots until their removal. It makes no collections itself, since garbage holds nothing.
type model struct {
	node *engine.Engine
	also []Step // without events, not yet applied

	planned map[string]bool // the garbage, if it is known; see allGarbage
	expiry  time.Time       // when more may become garbage; zero for never
}

// newModel returns a model in the initial state.
func newModel(setup engine.Setup, before []engine.Op, also []Step) (*model, error) {
	setup.Holdfast, setup.Unscheduled = op.Version, true
	options, err := setup.Options()
	if err != nil {
		return nil, err
	}
	node, err := engine.New(options...)
	if err != nil {
		return nil, err
	}
	m := &model{node: node, also: slices.Clone(also)}
	for _, o := range before {
		m.node.Apply(context.Background(), o)
	}
	return m, nil
}

// pass advances the time, and applies the steps without events until then.
func (m *model) pass(to time.Time) {
	for len(m.also) > 0 && !m.also[0].At.After(to) {
		m.apply(m.also[0].Op)
		m.also = m.also[1:]
	}
	if to.After(m.node.Clock().Now()) {
		m.node.Clock().Set(to)
	}
	if !m.expiry.IsZero() && !to.Before(m.expiry) {
		m.planned = nil
	}
}

// apply applies an Op without the root label by which the trace keeps snapshots. Failures are those of the trace, too.
func (m *model) apply(o engine.Op) {
	switch a := o.Args.(type) {
	case op.SnapshotCreate:
		a.Labels = withoutRoot(a.Labels)
		o.Args = a
	case op.SnapshotsCommitArgs:
		a.Labels = withoutRoot(a.Labels)
		o.Args = a
	case op.WritersCommitArgs:
		a.Labels = withoutRoot(a.Labels)
		o.Args = a
	case op.ContentUpdateArgs:
		a.Info.Labels = withoutRoot(a.Info.Labels)
		o.Args = a
	case op.SnapshotsUpdateArgs:
		a.Info.Labels = withoutRoot(a.Info.Labels)
		o.Args = a
	}
	if !m.removesGarbage(o) {
		m.planned = nil
	}
	m.node.Apply(context.Background(), o)
}

// removesGarbage reports whether an Op only removes known garbage: the rest stays as it is.
func (m *model) removesGarbage(o engine.Op) bool {
	n := gc.Node{Namespace: o.NS}
	switch a := o.Args.(type) {
	case op.Blob:
		n.Type, n.Key = metadata.ResourceContent, string(a.Digest)
	case op.Snapshot:
		n.Type, n.Key = metadata.ResourceSnapshot, a.Snapshotter+"/"+a.Key
	default:
		return false
	}
	return m.planned[metadata.NodeName(n)]
}

func withoutRoot(labels map[string]string) map[string]string {
	if labels[nodestate.RootLabel] == recordedRoot {
		labels = maps.Clone(labels)
		delete(labels, nodestate.RootLabel)
	}
	return labels
}

// garbage reports whether a collection would remove an object now.
func (m *model) garbage(kind gc.ResourceType, where at) bool {
	all, err := m.allGarbage()
	return err == nil && all[metadata.NodeName(gc.Node{Type: kind, Namespace: where.namespace, Key: where.key})]
}

// allGarbage returns the names of the objects that a collection would remove now. It may still have objects that were
// removed since. The caller must not change it.
func (m *model) allGarbage() (map[string]bool, error) {
	if m.planned != nil {
		return m.planned, nil
	}
	plan, err := m.node.Plan()
	if err != nil {
		return nil, err
	}
	m.planned = make(map[string]bool, len(plan.Removed))
	for _, name := range plan.Removed {
		m.planned[name] = true
	}
	m.expiry, _ = m.node.NextExpiry()
	return m.planned, nil
}

// depth returns the number of ancestors of a snapshot.
func (m *model) depth(n gc.Node) (depth int) {
	snapshotter, key, _ := strings.Cut(n.Key, "/")
	ctx := namespaces.WithNamespace(context.Background(), n.Namespace)
	for key != "" {
		info, err := m.node.Snapshotter(snapshotter).Stat(ctx, key)
		if err != nil {
			break
		}
		key = info.Parent
		depth++
	}
	return depth
}
