package compare

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
	"github.com/holdfast-gc/holdfast/sim/study/profile"
)

// A nodeState is the initial state of nodes, read from the database of a real one. It is immutable.
type nodeState struct {
	graph       *gc.Graph
	snapshotter string          // the one with the most snapshots
	bytes       map[gc.ID]int64 // of blobs and snapshots
	namespaces  []string
	images      []stateImage     // images in use first, then the newest first
	containers  []stateContainer // by namespace and ID
	others      []stateRoot      // leases and other roots
	objects     int
	conditions  bool // there are conditional labels, so holders depend on the time in more ways than by expiry
}

type stateImage struct {
	*Image
	records []string  // its records' names
	created time.Time // of its first record
	newest  time.Time // of its newest record
	expire  time.Time
	holds   []gc.ID
}

type stateContainer struct {
	*Container
	holds []gc.ID
}

type stateRoot struct {
	name   string
	expire time.Time
	holds  []gc.ID
}

// find reads the state of a node. A database has no sizes of snapshots: a snapshot that was unpacked from a layer is
// assumed to have the layer's size times factor, and other snapshots to be empty.
func readState(e *engine.Engine, factor float64) (*nodeState, error) {
	f := &nodeState{bytes: map[gc.ID]int64{}}
	err := e.KV().View(func(tx *memkv.Tx) (err error) {
		f.graph, err = graph.Build(tx.Freeze(), graph.Options{Now: e.Clock().Now(), Explain: true})
		return err
	})
	if err != nil {
		return nil, err
	}
	held := map[string]int{}
	for id := range gc.ID(f.graph.Len()) {
		if !f.graph.Exists(id) {
			continue
		}
		f.objects++
		switch n := f.graph.Node(id); n.Type {
		case metadata.ResourceContent:
			f.bytes[id] = 0
			if info, err := e.ContentBackend().Info(context.Background(), digest.Digest(n.Key)); err == nil {
				f.bytes[id] = info.Size
			}
		case metadata.ResourceSnapshot:
			f.bytes[id] = 0
			name, _, _ := strings.Cut(n.Key, "/")
			held[name]++
		}
		for edge := range f.graph.Edges(id) {
			f.conditions = f.conditions || edge.Reason.Rule == graph.RuleCondition
		}
	}
	f.snapshotter = defaultSnapshotter
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if held[name] > held[f.snapshotter] {
			f.snapshotter = name
		}
	}
	if f.namespaces, err = e.Namespaces().List(context.Background()); err != nil {
		return nil, err
	}
	for _, namespace := range f.namespaces {
		if err := f.namespace(e, namespace, factor); err != nil {
			return nil, fmt.Errorf("namespace %q: %w", namespace, err)
		}
	}
	f.otherRoots()
	slices.SortStableFunc(f.images, func(a, b stateImage) int {
		return cmp.Or(f.users(b)-f.users(a), b.created.Compare(a.created), cmp.Compare(a.Name, b.Name))
	})
	return f, nil
}

// users returns 1 if a container runs the image, or else 0.
func (f *nodeState) users(i stateImage) int {
	if slices.ContainsFunc(f.containers, func(c stateContainer) bool { return c.Image == i.Image }) {
		return 1
	}
	return 0
}

// namespace reads the images, containers and leases of a namespace.
func (f *nodeState) namespace(e *engine.Engine, namespace string, factor float64) error {
	ctx := namespaces.WithNamespace(context.Background(), namespace)
	list, err := e.Images().List(ctx)
	if err != nil {
		return err
	}
	byTarget, byName := map[digest.Digest]int{}, map[string]*Image{}
	for _, record := range list {
		at, known := byTarget[record.Target.Digest]
		if !known {
			at = len(f.images)
			byTarget[record.Target.Digest] = at
			f.images = append(f.images, stateImage{
				Image: readImage(ctx, e, namespace, record.Target, f.snapshotter, factor), created: record.CreatedAt,
			})
		}
		i := &f.images[at]
		i.records = append(i.records, record.Name)
		if record.CreatedAt.After(i.newest) {
			i.newest = record.CreatedAt
		}
		i.Pinned = i.Pinned || record.Labels[nodestate.PinnedLabel] == nodestate.Pinned
		expire, _ := time.Parse(time.RFC3339, record.Labels[nodestate.ExpireLabel])
		if len(i.records) == 1 || expire.IsZero() || !i.expire.IsZero() && expire.After(i.expire) {
			i.expire = expire
		}
		i.holds = append(i.holds, f.held(metadata.ResourceImage, namespace, record.Name)...)
		byName[record.Name] = i.Image
	}
	for at := range f.images {
		if i := &f.images[at]; i.Namespace == namespace {
			i.describe(f)
		}
	}
	containers, err := e.Containers().List(ctx)
	if err != nil {
		return err
	}
	for _, record := range containers {
		c := &Container{ID: record.ID, Image: byName[record.Image]}
		if c.Image == nil {
			c.Image = &Image{Namespace: namespace, Name: record.Image, Family: family(record.Image)}
		}
		f.containers = append(f.containers, stateContainer{c, f.held(metadata.ResourceContainer, namespace, record.ID)})
	}
	leases, err := e.Leases().List(ctx)
	if err != nil {
		return err
	}
	for _, record := range leases {
		expire, _ := time.Parse(time.RFC3339, record.Labels[nodestate.ExpireLabel])
		f.others = append(f.others, stateRoot{"lease " + record.ID, expire, f.held(metadata.ResourceLease, namespace, record.ID)})
	}
	return nil
}

// describe names an image after its records, and assigns the assumed sizes of its snapshots.
func (i *stateImage) describe(f *nodeState) {
	slices.SortFunc(i.records, func(a, b string) int {
		return cmp.Or(strings.Count(a, "sha256:")-strings.Count(b, "sha256:"), cmp.Compare(a, b))
	})
	i.Name, i.Family, i.Names = i.records[0], family(i.records[0]), i.records
	for _, l := range i.Layers {
		if id, ok := f.graph.Lookup(gc.Node{Type: metadata.ResourceSnapshot, Namespace: i.Namespace, Key: f.snapshotter + "/" + string(l.Chain)}); ok {
			f.bytes[id] = l.Unpacked
		}
	}
}

// otherRoots reads the remaining roots: objects with a root label, and objects that are roots by type.
func (f *nodeState) otherRoots() {
	for _, r := range f.graph.Roots() {
		n := f.graph.Node(r.ID)
		switch n.Type {
		case metadata.ResourceImage, metadata.ResourceContainer, metadata.ResourceLease, metadata.ResourceIngest:
			continue
		}
		f.others = append(f.others, stateRoot{name: metadata.NodeName(n), holds: f.reach(r)})
	}
}

// held returns the blobs and snapshots that a record holds; nil if the record is no root.
func (f *nodeState) held(t gc.ResourceType, namespace, key string) []gc.ID {
	id, ok := f.graph.Lookup(gc.Node{Type: t, Namespace: namespace, Key: key})
	if !ok {
		return nil
	}
	roots := f.graph.Roots()
	at, ok := slices.BinarySearchFunc(roots, f.graph.Node(id), func(r gc.Root, n gc.Node) int { return gc.Compare(f.graph.Node(r.ID), n) })
	if !ok {
		return nil
	}
	return f.reach(roots[at])
}

// A visit is a step of a traversal: an object with all its references, or with the flat ones only.
type visit struct {
	id   gc.ID
	flat bool
}

// reach returns the blobs and snapshots reachable from a root.
func (f *nodeState) reach(r gc.Root) (ids []gc.ID) {
	seen := map[visit]bool{}
	todo := []visit{{r.ID, r.Flat}}
	for len(todo) > 0 {
		v := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[v] || !f.graph.Exists(v.id) {
			continue
		}
		seen[v] = true
		if _, sized := f.bytes[v.id]; sized && !seen[visit{v.id, !v.flat}] {
			ids = append(ids, v.id)
		}
		for e := range f.graph.Edges(v.id) {
			if !v.flat || e.FromFlat { // a full visit includes a flat one
				todo = append(todo, visit{e.To, e.ToFlat})
			}
		}
	}
	return ids
}

// family returns an image's name without its tag or digest.
func family(name string) string {
	name, _, _ = strings.Cut(name, "@")
	if colon := strings.LastIndex(name, ":"); colon > strings.LastIndex(name, "/") {
		name = name[:colon]
	}
	return name
}

// fromNotes returns the assumptions about a load on a node that started from a database.
func fromNotes(p *profile.Profile) (notes []string) {
	if p.Tenants == nil {
		notes = append(notes, "The node's images are assumed to be the profile's most popular ones: images in use first, then the newest.")
	}
	return append(notes,
		"The node's containers are assumed to live as long as the profile's containers that run at the start.",
		"A database has no sizes of snapshots: a snapshot of an image's layer is assumed to have the size of the layer times the profile's images.compression, and other snapshots to be empty.")
}
