package examine

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A HolderKind is a kind of holders.
type HolderKind string

// The kinds of holders, in the order in which summaries list them.
const (
	HolderImage     HolderKind = "image"     // all names of one target in one namespace
	HolderContainer HolderKind = "container" // a container with its own snapshot
	HolderLease     HolderKind = "lease"
	HolderLabel     HolderKind = "label"  // a blob or snapshot with the label containerd.io/gc.root
	HolderUpload    HolderKind = "upload" // an ingest: a blob that is still being uploaded
	HolderSandbox   HolderKind = "sandbox"
)

// A Client is the program that created a holder, inferred from namespaces and labels.
type Client string

// The known clients. Holders of other programs have ClientOther.
const (
	ClientCRI      Client = "CRI"
	ClientBuildKit Client = "BuildKit"
	ClientDocker   Client = "Docker"
	ClientNerdctl  Client = "nerdctl"
	ClientOther    Client = "other"
)

// A Holder is a set of roots that a person deletes together.
type Holder struct {
	// Holder is the best of Nodes. Kind and Namespace are those of the holder. Client is the program that most likely
	// created it.
	Holder    string     `json:"holder"`
	Kind      HolderKind `json:"kind"`
	Namespace string     `json:"namespace"`
	Client    Client     `json:"client"`

	// Nodes are all objects of the holder, the best name first.
	Nodes []string `json:"nodes"`

	// Ends is the time at which the last of Nodes expires. It is nil if a node does not expire.
	Ends *time.Time `json:"ends,omitempty"`

	// RetainedBytes and RetainedObjects are the sizes that a collection would remove if the whole holder were deleted,
	// its own objects included. They are -1 if that is not known because records are lost. UnsizedSnapshots is the
	// number of snapshots among them with an unknown size, which RetainedBytes leaves out.
	RetainedBytes    int64 `json:"retainedBytes"`
	RetainedObjects  int   `json:"retainedObjects"`
	UnsizedSnapshots int   `json:"unsizedSnapshots"`

	// SharedBytes and SharedObjects are the sizes that this holder keeps together with other holders.
	SharedBytes   int64 `json:"sharedBytes"`
	SharedObjects int   `json:"sharedObjects"`

	members []gc.ID
}

// holders groups the roots of a graph into holders. byName makes every root a holder of its own.
func (d *Database) holders(g *gc.Graph, byName bool) []Holder {
	b := holderBuilder{d: d, graph: g, ends: map[gc.Node]time.Time{}, images: map[imageTarget]int{}}
	for n, t := range graph.Expiries(d.frozen, d.version) {
		b.ends[n] = t
	}
	if !byName {
		b.countReferences()
	}
	for i, r := range g.Roots() {
		if i > 0 && g.Roots()[i-1].ID == r.ID {
			continue
		}
		b.root(r.ID, byName)
	}
	for i := range b.list {
		b.finish(&b.list[i])
	}
	return b.list
}

// An imageTarget is shared by all names of an image.
type imageTarget struct{ namespace, digest string }

// A holderBuilder collects the holders of a graph.
type holderBuilder struct {
	d      *Database
	graph  *gc.Graph
	ends   map[gc.Node]time.Time
	images map[imageTarget]int
	refs   map[gc.ID]int // by snapshot: the number of references to it
	list   []Holder
}

// countReferences counts the references to each snapshot.
func (b *holderBuilder) countReferences() {
	b.refs = map[gc.ID]int{}
	for id := range gc.ID(b.graph.Len()) {
		for e := range b.graph.Edges(id) {
			if b.graph.Node(e.To).Type == metadata.ResourceSnapshot && !e.ToFlat {
				b.refs[e.To]++
			}
		}
	}
}

// root adds a root to the holder of its image, or makes it a holder.
func (b *holderBuilder) root(id gc.ID, byName bool) {
	n := b.graph.Node(id)
	h := Holder{Kind: holderKindOf(n.Type), Namespace: n.Namespace, members: []gc.ID{id}}
	if !byName {
		switch h.Kind {
		case HolderImage:
			record, _ := b.d.frozen.BucketAt(schema.RecordPath(n)...)
			target := imageTarget{n.Namespace, string(valueAt(record, "target", "digest"))}
			if at, ok := b.images[target]; ok && target.digest != "" {
				b.list[at].members = append(b.list[at].members, id)
				return
			}
			b.images[target] = len(b.list)
		case HolderContainer:
			if snapshot, ok := b.ownSnapshot(id); ok {
				h.members = append(h.members, snapshot)
			}
		}
	}
	b.list = append(b.list, h)
}

// holderKindOf returns the kind of holders with roots of type t. Content and snapshots are roots only because of a
// label.
func holderKindOf(t metadata.ResourceType) HolderKind {
	switch kind := metadata.KindName(t); kind {
	case "content", "snapshot":
		return HolderLabel
	case "ingest":
		return HolderUpload
	default:
		return HolderKind(kind)
	}
}

// ownSnapshot returns the snapshot of a container, if only the container refers to it.
func (b *holderBuilder) ownSnapshot(container gc.ID) (gc.ID, bool) {
	for e := range b.graph.Edges(container) {
		if e.Reason.Detail == "snapshotKey" && b.graph.Exists(e.To) && b.refs[e.To] == 1 {
			return e.To, true
		}
	}
	return 0, false
}

// finish sets the names, the end and the client of a holder.
func (b *holderBuilder) finish(h *Holder) {
	nodes := make([]gc.Node, len(h.members))
	for i, id := range h.members {
		nodes[i] = b.graph.Node(id)
	}
	if h.Kind == HolderImage {
		slices.SortFunc(nodes, func(x, y gc.Node) int {
			return cmp.Or(cmp.Compare(nameRank(x.Key), nameRank(y.Key)), strings.Compare(x.Key, y.Key))
		})
	}
	for _, n := range nodes {
		h.Nodes = append(h.Nodes, metadata.NodeName(n))
	}
	h.Holder = h.Nodes[0]
	h.Ends = b.end(nodes)
	h.Client = b.client(nodes)
}

// nameRank orders the names of an image: tags, references by digest, digests. CRI gives an image one of each.
func nameRank(name string) int {
	switch {
	case digest.Digest(name).Validate() == nil:
		return 2
	case strings.Contains(name, "@"):
		return 1
	default:
		return 0
	}
}

// end returns the time after which none of the nodes is a root.
func (b *holderBuilder) end(nodes []gc.Node) *time.Time {
	var last time.Time
	for _, n := range nodes {
		t, ok := b.ends[n]
		if !ok {
			return nil
		}
		if t.After(last) {
			last = t.UTC()
		}
	}
	return &last
}

// clientRules infer a client from the namespace and from the prefix of a label. The first matching rule applies.
var clientRules = []struct {
	client    Client
	namespace string // "" for any
	label     string // "" for no label
}{
	{ClientCRI, "", "io.cri-containerd."},
	{ClientBuildKit, "", "buildkit/"},
	{ClientNerdctl, "", "nerdctl/"},
	{ClientCRI, "k8s.io", ""},
	{ClientBuildKit, "buildkit", ""},
	{ClientBuildKit, "moby", "containerd.io/gc.flat"}, // leases of dockerd's BuildKit are flat, its other leases are not
	{ClientDocker, "moby", ""},
}

// client returns the client of the first rule that matches a node.
func (b *holderBuilder) client(nodes []gc.Node) Client {
	for _, rule := range clientRules {
		for _, n := range nodes {
			if rule.namespace != "" && rule.namespace != n.Namespace {
				continue
			}
			if rule.label == "" || b.hasLabel(n, rule.label) {
				return rule.client
			}
		}
	}
	return ClientOther
}

// hasLabel reports whether an object has a label with a prefix.
func (b *holderBuilder) hasLabel(n gc.Node, prefix string) bool {
	record, _ := b.d.frozen.BucketAt(schema.RecordPath(n)...)
	labels, _ := record.Bucket("labels")
	for label := range labels.All() {
		if strings.HasPrefix(label, prefix) {
			return true
		}
	}
	return false
}
