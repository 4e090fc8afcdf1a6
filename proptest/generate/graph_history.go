package generate

import (
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/leanovate/gopter"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// History returns a history that makes the graph.
func (g Graph) History(setup engine.Setup) History {
	b := builder{h: History{Setup: setup}, graph: g}
	for _, i := range g.Order {
		b.node("a", i, b.labels(i))
		for _, hold := range g.Nodes[i].Held {
			b.hold(b.kind(i), letter(i), hold)
		}
	}
	for i, layer := range g.Chain {
		b.layer(i, layer)
	}
	if g.Twins {
		for i := range g.Nodes {
			b.node("b", i, nil)
		}
	}
	return b.h
}

type builder struct {
	h       History
	graph   Graph
	holders int // number of holders made so far
}

func (b *builder) add(ns string, name op.Name, args any) {
	b.h.Ops = append(b.h.Ops, engine.Op{Name: name, Header: engine.Header{NS: ns}, Args: args})
}

// kind returns the kind of a node. Missing nodes are content.
func (b *builder) kind(i int) Kind {
	if i < len(b.graph.Nodes) {
		return b.graph.Nodes[i].Kind
	}
	return KindContent
}

func letter(i int) string { return letters[i : i+1] }

// firstLayer is the index of the letter that names the lowest layer of a chain.
const firstLayer = 13

// layer makes a layer on the previous one.
func (b *builder) layer(i int, l Layer) {
	name, parent := letter(firstLayer+i), ""
	if i > 0 {
		parent = letter(firstLayer + i - 1)
	}
	b.add("a", op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: "s", Key: "z", Parent: parent})
	b.add("a", op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: "s", Name: name, Key: "z", Labels: withHolds(map[string]string{}, l.Held)})
	for _, hold := range l.Held {
		b.hold(KindSnapshot, name, hold)
	}
}

// withHolds adds the labels that make a record a root or satisfy a condition.
func withHolds(labels map[string]string, held []Hold) map[string]string {
	for _, h := range held {
		switch h.By {
		case ByRoot:
			labels[Prefix+"root"] = "x"
		case ByCondition:
			labels[Prefix+"cond.value-usedat"] = Start.Add(-time.Hour).Format(time.RFC3339)
		}
	}
	return labels
}

// labels returns the labels of a node: its references and its own holds.
func (b *builder) labels(i int) map[string]string {
	labels := map[string]string{}
	for n, e := range b.graph.Edges {
		form, at, to := "ref.", e.From, e.To
		if e.Back {
			form, at, to = "bref.", e.To, e.From
		}
		if at != i {
			continue
		}
		key, value := reference(b.kind(to), letter(to), letter(n%len(letters)))
		labels[Prefix+form+key] = value
	}
	return withHolds(labels, b.graph.Nodes[i].Held)
}

// reference returns a label that refers to the object. which makes the label unique among several.
func reference(kind Kind, name, which string) (key, value string) {
	switch kind {
	case KindSnapshot:
		return "snapshot.s/" + name, name
	case KindImage:
		return "image." + name, name
	}
	return "content." + which + name, DigestOf(name).String()
}

// node makes a record. Image nodes have expired, so only references keep them. The target of an image is the next node,
// if that is content.
func (b *builder) node(ns string, i int, labels map[string]string) {
	name := letter(i)
	switch b.kind(i) {
	case KindContent:
		b.add(ns, op.WritersOpen, op.WritersOpenArgs{Name: name, Ref: name})
		b.add(ns, op.WritersWrite, op.WritersWriteArgs{Name: name, Data: []byte(name)})
		b.add(ns, op.WritersCommit, op.WritersCommitArgs{Name: name, Expected: DigestOf(name), Labels: labels})
		b.add(ns, op.WritersClose, op.Named{Name: name})
	case KindSnapshot:
		b.add(ns, op.SnapshotsPrepare, op.SnapshotCreate{Snapshotter: "s", Key: name, Labels: labels})
	case KindImage:
		if labels == nil {
			labels = map[string]string{}
		}
		labels[Prefix+"expire"] = Start.Add(-time.Hour).Format(time.RFC3339)
		next := letter((i + 1) % len(b.graph.Nodes))
		target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: DigestOf(next), Size: 1}
		b.add(ns, op.ImagesCreate, op.ImageRecord{Image: images.Image{Name: name, Target: target, Labels: labels}})
	}
}

// hold makes a holder of a record.
func (b *builder) hold(kind Kind, name string, h Hold) {
	holder := letter(len(letters) - 1 - b.holders%len(letters))
	labels := map[string]string{}
	if h.Flat {
		labels[Prefix+"flat"] = "x"
	}
	if h.Expire != "" {
		labels[Prefix+"expire"] = h.Expire
	}
	if len(labels) == 0 {
		labels = nil
	}
	b.holders++
	switch h.By {
	case ByLease:
		r := leases.Resource{Type: "content", ID: DigestOf(name).String()}
		switch kind {
		case KindSnapshot:
			r = leases.Resource{Type: "snapshots/s", ID: name}
		case KindImage:
			r = leases.Resource{Type: "images", ID: name}
		}
		b.add("a", op.LeasesCreate, op.LeasesCreateArgs{ID: holder, Labels: labels})
		b.add("a", op.LeasesAddResource, op.LeaseResource{ID: holder, Resource: r})
	case ByImage, ByCondition:
		if h.By == ByCondition {
			form := []string{"usedat<24h|", "usedat>48h,usedat<24h|", "usedat>1s|", "usedat<1h|", "usedat>1h|"}[b.holders%5]
			labels = map[string]string{Prefix + "cond.snapshot.s": form + name}
			name = holder
		}
		target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: DigestOf(name), Size: 1}
		b.add("a", op.ImagesCreate, op.ImageRecord{Image: images.Image{Name: holder, Target: target, Labels: labels}})
	case BySandbox:
		key, value := reference(kind, name, "x")
		labels = map[string]string{Prefix + "ref." + key: value}
		b.add("a", op.SandboxesCreate, NewSandbox(holder, labels))
	case ByNaming:
		c := NewContainer(holder)
		c.Image = name
		b.add("a", op.ContainersCreate, op.ContainerRecord{Container: c})
	case ByContainer:
		c := NewContainer(holder)
		c.Snapshotter, c.SnapshotKey = "s", name
		b.add("a", op.ContainersCreate, op.ContainerRecord{Container: c})
	}
}

// GraphHistories generates histories that make a graph, on nodes with a setup drawn for these sorts.
func GraphHistories(sorts Sort) gopter.Gen {
	return HistoriesOf(func(c Chance) History { return c.Graph().History(c.NewModel(sorts).Setup) })
}

// FlatHistories generates histories that make a graph held by flat leases alone.
func FlatHistories() gopter.Gen {
	return HistoriesOf(func(c Chance) History {
		g := c.Graph()
		flat := func(held []Hold) (leases []Hold) {
			for range held {
				leases = append(leases, Hold{By: ByLease, Flat: true})
			}
			return leases
		}
		for i := range g.Nodes {
			g.Nodes[i].Held = flat(g.Nodes[i].Held)
		}
		for i := range g.Edges {
			g.Edges[i].Back = false
		}
		for i := range g.Chain {
			g.Chain[i].Held = flat(g.Chain[i].Held)
		}
		return g.History(NewSetup())
	})
}

// ReferenceHistories generates histories that make a graph and end with a call that adds a reference.
func ReferenceHistories() gopter.Gen {
	return HistoriesOf(func(c Chance) History {
		g := c.Graph()
		h := g.History(NewSetup())
		from, to := c.IntN(len(g.Nodes)), c.IntN(len(g.Nodes))
		b := builder{graph: Graph{Nodes: g.Nodes, Edges: []Edge{{From: from, To: to}}}}
		b.graph.Nodes[from].Held = nil
		for key, value := range b.labels(from) {
			key += "/new"
			labels, paths, header := map[string]string{key: value}, []string{"labels." + key}, engine.Header{NS: "a"}
			o := engine.Op{Name: op.ContentUpdate, Header: header}
			switch name := letter(from); b.kind(from) {
			case KindContent:
				o.Args = op.ContentUpdateArgs{Info: content.Info{Digest: DigestOf(name), Labels: labels}, Paths: paths}
			case KindSnapshot:
				o.Name = op.SnapshotsUpdate
				o.Args = op.SnapshotsUpdateArgs{Snapshotter: "s", Info: snapshots.Info{Name: name, Labels: labels}, Paths: paths}
			case KindImage:
				o.Name = op.ImagesUpdate
				o.Args = op.ImageRecord{Image: images.Image{Name: name, Labels: labels}, Paths: paths}
			}
			h.Ops = append(h.Ops, o)
		}
		return h
	})
}
