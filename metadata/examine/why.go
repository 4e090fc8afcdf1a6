package examine

import (
	"slices"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Why says what keeps an object, or what came nearest to keeping it.
type Why struct {
	Basis

	Node   string `json:"node"`
	Exists bool   `json:"exists"` // it is stored; otherwise others refer to it in vain
	Kept   bool   `json:"kept"`   // a collection would leave it

	// RetainedBytes and RetainedObjects are what would go if it alone were deleted, itself included: 0 for what goes
	// anyway.
	RetainedBytes   int64 `json:"retainedBytes"`
	RetainedObjects int   `json:"retainedObjects"`

	// Chains are the shortest ways that lead from a root to the node. If none does, they are the ways on which the
	// fewest steps are missing, which is Misses. ChainCount says how many there are (2^53-1: or more), of which Chains has
	// the first.
	Chains     []Chain `json:"chains"`
	ChainCount uint64  `json:"chainCount"`
	Misses     int     `json:"misses"`

	// Roots are those that lead to the node, however far away: the first of RootCount, sorted.
	Roots     []string `json:"roots"`
	RootCount int      `json:"rootCount"`

	// Referrers are what refers to a node that no root leads to, and is garbage itself or does not exist.
	Referrers []Reference `json:"referrers,omitempty"`

	// Astray are references to the same key in another namespace, where there is no such object.
	Astray []Reference `json:"astray,omitempty"`

	// IgnoredLabels are labels of the object itself that look as if collections obeyed them, and don't.
	IgnoredLabels []IgnoredLabel `json:"ignoredLabels,omitempty"`

	// KeptElsewhere are the same blob in other namespaces that keep it: the bytes stay.
	KeptElsewhere []string `json:"keptElsewhere,omitempty"`
}

// An IgnoredLabel is a label that does not count.
type IgnoredLabel struct {
	Label string `json:"label"`
	Value string `json:"value"`
	Why   string `json:"why"`
}

// A Chain leads from a root, its first step, to the node in question, its last.
type Chain []Step

// A Step is one object of a chain, and why the one before keeps it, or why the first is a root.
type Step struct {
	Node    string   `json:"node"`
	Exists  bool     `json:"exists"`
	Flat    bool     `json:"flat,omitempty"`   // reached through a flat lease, which follows fewer references
	Missed  bool     `json:"missed,omitempty"` // the step does not happen; the reasons say how it nearly does
	Reasons []Reason `json:"reasons"`
}

// A Reference says that one object refers to another.
type Reference struct {
	From       string `json:"from"`
	FromExists bool   `json:"fromExists"`
	To         string `json:"to"`
	Reason     Reason `json:"reason"`
}

// exactMax is the largest number that a JSON reader with floating-point numbers reads exactly.
const exactMax = 1<<53 - 1

// Why explains a node, with at most limit chains, roots and references of each sort; 0 means 16. The error is a *NameError, or of
// class ErrFails.
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
	return &Why{
		Basis:           d.Basis(),
		Node:            metadata.NodeName(n),
		Exists:          x.Exists,
		Kept:            x.Kept,
		RetainedBytes:   holding.Retained,
		RetainedObjects: holding.RetainedObjects,
		Chains:          d.chains(g, x.Chains),
		ChainCount:      min(x.Count, exactMax),
		Misses:          x.Misses,
		Roots:           nodeNames(g, x.Roots),
		RootCount:       x.RootCount,
		Referrers:       d.references(g, x.Referrers),
		Astray:          d.references(g, x.Astray),
		IgnoredLabels:   d.ignoredLabels(n),
		KeptElsewhere:   keptElsewhere(g, tree, n),
	}, nil
}

func (d *Database) ignoredLabels(n gc.Node) []IgnoredLabel {
	var list []IgnoredLabel
	record, _ := d.frozen.BucketAt(metadata.RecordPath(n)...)
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
