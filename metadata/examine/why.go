package examine

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A Why explains why a node is kept, or which reference comes closest to keeping it.
type Why struct {
	Basis

	Node   string `json:"node"`
	Exists bool   `json:"exists"` // the database has the object; otherwise only references to it
	Kept   bool   `json:"kept"`   // a collection would keep the object

	// RetainedBytes and RetainedObjects are the sizes that a collection would remove if this object alone were deleted,
	// itself included. They are 0 for garbage, and -1 if they are not known: see Withheld.
	RetainedBytes   int64 `json:"retainedBytes"`
	RetainedObjects int   `json:"retainedObjects"`

	// UnsizedSnapshots of these objects are snapshots of unknown size, which RetainedBytes lacks.
	UnsizedSnapshots int `json:"unsizedSnapshots,omitempty"`

	// Withheld is the part that is lost of the namespace. A lost record may keep the node, although Kept is false. It
	// is "" if the namespace lacks nothing.
	Withheld string `json:"withheld,omitempty"`

	// Image is the state of the image that the node names. It is nil for other nodes.
	Image *Image `json:"image,omitempty"`

	// Chains are the shortest chains from roots to the node. If no root reaches it, they are the chains with the fewest
	// missing steps, and Misses is that number. ChainCount is the number of such chains, at most 2^53-1, of which
	// Chains has the first.
	Chains     []Chain `json:"chains"`
	ChainCount uint64  `json:"chainCount"`
	Misses     int     `json:"misses"`

	// Roots are all roots that reach the node, sorted. RootCount is their number, of which Roots has the first.
	Roots     []string `json:"roots"`
	RootCount int      `json:"rootCount"`

	// Referrers are the references to a node that no root reaches.
	Referrers []Reference `json:"referrers,omitempty"`

	// Astray are references to the same key in another namespace that has no such object.
	Astray []Reference `json:"astray,omitempty"`

	// IgnoredLabels are labels of the object that look like labels of garbage collection, but have no effect.
	IgnoredLabels []IgnoredLabel `json:"ignoredLabels,omitempty"`

	// KeptElsewhere are the nodes of the same blob in other namespaces that keep it. The bytes stay even if this node
	// is removed.
	KeptElsewhere []string `json:"keptElsewhere,omitempty"`
}

// An IgnoredLabel is a label without effect on collections.
type IgnoredLabel struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Why   string `json:"why"` // the reason, without the label
}

// A Chain is a path of references. Its first step is a root, its last step is the explained node.
type Chain []Step

// A Step is one node of a chain.
type Step struct {
	Node    string   `json:"node"`
	Exists  bool     `json:"exists"`           // the database has the object
	Flat    bool     `json:"flat,omitempty"`   // reached from a flat lease, which does not follow the references of this node
	Missed  bool     `json:"missed,omitempty"` // a collection does not take this step; the reasons say why
	Reasons []Reason `json:"reasons"`          // why the previous node keeps this node, or why the first node is a root
}

// A Reference is a reference from one object to another.
type Reference struct {
	From       string `json:"from"`
	FromExists bool   `json:"fromExists"` // the database has the object From
	To         string `json:"to"`
	Reason     Reason `json:"reason"`
}

// exactMax is the largest integer that a JSON reader with floating-point numbers reads exactly.
const exactMax = 1<<53 - 1

// Why explains a node. It returns at most limit chains, roots and references of each kind; 0 stands for 16. The error
// is a [*NameError], or of class [ErrFails] if the collection fails.
func (d *Database) Why(name string, limit int) (*Why, error) {
	g, err := d.graph()
	if err != nil {
		return nil, err
	}
	id, err := d.find(g, name, false)
	if err != nil {
		return nil, err
	}
	tree, err := d.dominators()
	if err != nil {
		return nil, err
	}
	x := gc.Why(g, id, gc.Limits{Chains: limit, Roots: limit, Edges: limit})
	holding := tree.Holding(id)
	n := g.Node(id)
	w := &Why{
		Basis:            d.Basis(),
		Node:             metadata.NodeName(n),
		Exists:           x.Exists,
		Kept:             x.Kept,
		RetainedBytes:    holding.Retained,
		RetainedObjects:  holding.RetainedObjects,
		UnsizedSnapshots: d.unsized(g, tree.Alone(id)),
		Chains:           d.chains(g, x.Chains),
		ChainCount:       min(x.Count, exactMax),
		Misses:           x.Misses,
		Roots:            nodeNames(g, x.Roots),
		RootCount:        x.RootCount,
		Referrers:        d.references(g, x.Referrers),
		Astray:           d.references(g, x.Astray),
		IgnoredLabels:    d.ignoredLabels(n),
		KeptElsewhere:    keptElsewhere(g, tree, n),
	}
	if lost, ok := d.withheld[n.Namespace]; ok {
		w.RetainedBytes, w.RetainedObjects, w.UnsizedSnapshots = unknownFigure, unknownFigure, 0
		w.Withheld = lost.String()
	}
	if n.Type == metadata.ResourceImage && x.Exists {
		w.Image = d.image(n)
	}
	return w, nil
}

// image returns the state of the image that has a name.
func (d *Database) image(n gc.Node) *Image {
	r := &imageReader{db: d.frozen}
	if disk := d.options.Disk; disk != nil && disk.Content != nil {
		r.blobs, r.sizes = Dir(disk.Content), map[string]int64{}
		for blob, err := range r.blobs.All() {
			if err != nil {
				r.blobs, r.sizes = nil, nil
				break
			}
			r.sizes[blob.Digest] = blob.Size
		}
	}
	b, _ := d.frozen.BucketAt(schema.RecordPath(n)...)
	images := r.images([]*record{{b, n, schema.RecordPath(n)}})
	return &images[0]
}

// ignoredLabels returns the labels of an object that have no effect.
func (d *Database) ignoredLabels(n gc.Node) []IgnoredLabel {
	var list []IgnoredLabel
	record, _ := d.frozen.BucketAt(schema.RecordPath(n)...)
	labels, _ := record.Bucket("labels")
	for label, e := range labels.All() {
		why := metadata.Ignored(n.Type, label, d.version)
		if why == "" {
			why = metadata.IgnoredValue(label, e.Text(), d.version)
		}
		if why != "" {
			list = append(list, IgnoredLabel{label, e.Text(), why})
		}
	}
	return list
}

// keptElsewhere returns the kept nodes of a blob in other namespaces.
func keptElsewhere(g *gc.Graph, tree *gc.DominatorTree, n gc.Node) []string {
	if n.Type != metadata.ResourceContent {
		return nil
	}
	var names []string
	for id := range gc.ID(g.Len()) {
		other := g.Node(id)
		if other.Type == n.Type && other.Key == n.Key && other.Namespace != n.Namespace && g.Exists(id) && tree.Reached(id) {
			names = append(names, metadata.NodeName(other))
		}
	}
	slices.Sort(names)
	return names
}

func (d *Database) chains(g *gc.Graph, list []gc.Chain) []Chain {
	chains := make([]Chain, 0, len(list))
	for _, c := range list {
		chain := make(Chain, len(c))
		for i, step := range c {
			before := step.ID
			if i > 0 {
				before = c[i-1].ID
			}
			chain[i] = Step{
				Node:    metadata.NodeName(g.Node(step.ID)),
				Exists:  g.Exists(step.ID),
				Flat:    step.Flat,
				Missed:  step.Missed,
				Reasons: d.reasons(step.Reasons, g, before, step.ID),
			}
		}
		chains = append(chains, chain)
	}
	return chains
}

func (d *Database) references(g *gc.Graph, edges []gc.Edge) []Reference {
	var list []Reference
	for _, e := range edges {
		list = append(list, Reference{
			From:       metadata.NodeName(g.Node(e.From)),
			FromExists: g.Exists(e.From),
			To:         metadata.NodeName(g.Node(e.To)),
			Reason:     d.reasons([]gc.Reason{e.Reason}, g, e.From, e.To)[0],
		})
	}
	return list
}
