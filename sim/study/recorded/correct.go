package recorded

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
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
	"github.com/holdfast-gc/holdfast/sim/study/internal/nodestate"
)

// A Correction counts the differences at the time of a copy of the database between the copy and the model. From then
// on the model has the objects of the copy.
type Correction struct {
	// Given is the time with which the copy was passed. At is a time within 3 s of it that agrees best with the events.
	Given time.Time `json:"given"`
	At    time.Time `json:"at"`

	Objects int `json:"objects"` // in the copy
	Added   int `json:"added"`   // only in the copy, or garbage in the model
	Removed int `json:"removed"` // only in the model, and no garbage
	Changed int `json:"changed"` // in both, with other references, labels or leases

	// Contradicted are the image records and containers that are only in the model, or only in the copy if the state
	// before it was known. All of these have events: a number other than 0 means that the recording has gaps, or the
	// copy is of another node or time.
	Contradicted int `json:"contradicted"`
}

// objectKinds are the kinds of objects, each after the kinds to which it refers.
var objectKinds = []gc.ResourceType{
	metadata.ResourceLease, metadata.ResourceContent, metadata.ResourceIngest, metadata.ResourceSnapshot,
	metadata.ResourceImage, metadata.ResourceContainer,
}

// A comparison has the differences between a copy and the model, by the names of the nodes.
type comparison struct {
	*copied
	modelled       map[string]gc.Node // all objects of the model
	garbage        map[string]bool    // of the model
	added, removed []string           // only in the copy, and only in the model; sorted
}

// compare compares a copy with the model. It fails with errdefs.ErrInvalidArgument if they have nothing in common.
func (i *interpreter) compare(c *copied) (comparison, error) {
	d := comparison{copied: c}
	var err error
	if d.modelled, err = nodesOf(i.model.node); err != nil {
		return d, err
	}
	if d.garbage, err = i.model.allGarbage(); err != nil {
		return d, err
	}
	d.added, d.removed = difference(c.nodes, d.modelled), difference(d.modelled, c.nodes)
	if len(d.added) == len(c.nodes) && len(d.removed) > 0 && len(d.added) > 0 {
		return d, invalid("copy of the database at %s: none of its %d objects is among the %d of the recording at that time: pass a copy of the same node",
			c.given.Format(time.RFC3339Nano), len(d.added), len(d.removed))
	}
	return d, nil
}

// correct makes the model equal to a copy, and adds the Ops for that to the trace. Objects that the copy lacks are
// deleted: usually that call fails in a replay, since a collection removed them.
func (i *interpreter) correct(c *copied) error {
	i.now = Event{Time: c.at}
	d, err := i.compare(c)
	if err != nil {
		return err
	}
	result := Correction{Given: c.given, At: c.at, Objects: len(c.nodes), Contradicted: i.contradictions(d)}
	i.correctNamespaces(c)
	if err := i.restore(d); err != nil {
		return err
	}
	if result.Changed, err = i.update(d); err != nil {
		return err
	}
	i.removeAll(c, d.modelled, d.removed)
	i.resume(c)

	left, err := i.model.allGarbage()
	if err != nil {
		return err
	}
	result.Added = len(d.added)
	for name := range c.nodes {
		if _, there := d.modelled[name]; there && d.garbage[name] && !left[name] {
			result.Added++
		}
	}
	for _, name := range d.removed {
		if !d.garbage[name] {
			result.Removed++
		}
	}
	i.summary.Corrections = append(i.summary.Corrections, result)
	return nil
}

// contradictions returns Correction.Contradicted.
func (i *interpreter) contradictions(d comparison) (n int) {
	names := d.removed
	if i.trace.Before != nil || len(i.summary.Corrections) > 0 { // otherwise older objects are unknown
		names = slices.Concat(d.added, d.removed)
	}
	for _, name := range names {
		if exact := strings.HasPrefix(name, "image/") || strings.HasPrefix(name, "container/"); exact && !d.garbage[name] {
			n++
		}
	}
	return n
}

// restore creates the objects that the model lacks, and those that a replay may lack: its collections can remove what
// something holds again later.
func (i *interpreter) restore(d comparison) error {
	create := &reader{node: d.node, state: i.state, placed: map[digest.Digest]bool{}, leased: map[at]string{}, again: true}
	lost := func(name string, n gc.Node) bool {
		_, there := d.modelled[name]
		switch {
		case !there || n.Type == metadata.ResourceContent:
			return true
		case n.Type == metadata.ResourceSnapshot:
			return !i.summary.TellsRemovals // otherwise a root label keeps it
		}
		return d.garbage[name]
	}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(d.nodes)), func(name string) bool { return !lost(name, d.nodes[name]) })
	for _, name := range names {
		if n := d.nodes[name]; n.Type == metadata.ResourceSnapshot {
			delete(i.snapshots, at{n.Namespace, n.Key}) // so that it is created
		}
	}
	for _, kind := range objectKinds {
		for _, name := range names {
			if n := d.nodes[name]; n.Type == kind {
				if err := create.object(n); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
		}
	}
	for _, o := range create.ops {
		i.add(o.Header, o.Name, i.rooted(o.Args))
	}
	return nil
}

// update updates all objects of the model to those of the copy. It returns the number of changed ones that the model
// had before.
func (i *interpreter) update(d comparison) (changes int, err error) {
	for _, kind := range objectKinds {
		for _, name := range slices.Sorted(maps.Keys(d.nodes)) {
			n := d.nodes[name]
			if n.Type != kind {
				continue
			}
			changed, err := i.correctObject(d.copied, n)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			if _, there := d.modelled[name]; there && changed {
				changes++
			}
		}
	}
	return changes, nil
}

// difference returns the names in a that are not in b, sorted.
func difference(a, b map[string]gc.Node) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// rooted adds the root label by which the trace keeps a snapshot or a blob until its recorded removal.
func (i *interpreter) rooted(args any) any {
	switch a := args.(type) {
	case op.SnapshotCreate:
		a.Labels = i.withRoot(a.Labels, i.summary.TellsRemovals)
		return a
	case op.SnapshotsCommitArgs:
		a.Labels = i.withRoot(a.Labels, i.summary.TellsRemovals)
		return a
	case op.WritersCommitArgs:
		a.Labels = i.withRoot(a.Labels, i.tellsBlobRemovals())
		return a
	}
	return args
}

func (i *interpreter) withRoot(labels map[string]string, keep bool) map[string]string {
	if !keep || labels[nodestate.RootLabel] != "" {
		return labels
	}
	labels = maps.Clone(labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[nodestate.RootLabel] = recordedRoot
	return labels
}

// correctNamespaces adds and updates namespaces.
func (i *interpreter) correctNamespaces(c *copied) {
	for _, ns := range slices.Sorted(maps.Keys(c.spaces)) {
		old, there := i.spaces[ns]
		switch {
		case !there:
			i.add(engine.Header{}, op.NamespacesCreate, op.NamespacesCreateArgs{Name: ns, Labels: c.spaces[ns]})
		case !maps.Equal(old, c.spaces[ns]):
			i.relabel(ns, old, c.spaces[ns])
		}
	}
}

// correctObject updates an object of the model to that of the copy. The snapshots of one key have the same parent.
func (i *interpreter) correctObject(c *copied, n gc.Node) (changed bool, err error) {
	ctx := namespaces.WithNamespace(context.Background(), n.Namespace)
	h := engine.Header{NS: n.Namespace}
	model := i.model.node
	switch n.Type {
	case metadata.ResourceContent:
		real, err := c.blob(n.Namespace, n.Key)
		if err != nil {
			return false, err
		}
		info, err := model.Content().Info(ctx, real.Digest)
		if changed = err != nil || !maps.Equal(info.Labels, real.Labels); changed {
			labels := i.withRoot(real.Labels, i.tellsBlobRemovals())
			i.add(h, op.ContentUpdate, op.ContentUpdateArgs{Info: content.Info{Digest: real.Digest, Labels: labels}, Paths: []string{"labels"}})
		}
	case metadata.ResourceSnapshot:
		snapshotter, key, _ := strings.Cut(n.Key, "/")
		real, err := c.snapshot(n.Namespace, snapshotter, key)
		if err != nil {
			return false, err
		}
		info, err := model.Snapshotter(snapshotter).Stat(ctx, key)
		if changed = err != nil || !maps.Equal(info.Labels, real.Labels); changed {
			labels := i.withRoot(real.Labels, i.summary.TellsRemovals)
			update := op.SnapshotsUpdateArgs{Snapshotter: snapshotter, Info: snapshots.Info{Name: key, Labels: labels}, Paths: []string{"labels"}}
			i.add(h, op.SnapshotsUpdate, update)
		}
	case metadata.ResourceImage:
		real, err := c.node.Images().Get(ctx, n.Key)
		if err != nil {
			return false, err
		}
		record, err := model.Images().Get(ctx, n.Key)
		if changed = err != nil || record.Target.Digest != real.Target.Digest || !maps.Equal(record.Labels, real.Labels); changed {
			i.add(h, op.ImagesUpdate, op.ImageRecord{Image: real})
		}
	case metadata.ResourceContainer:
		real, err := c.node.Containers().Get(ctx, n.Key)
		if err != nil {
			return false, err
		}
		record, err := model.Containers().Get(ctx, n.Key)
		switch {
		case err != nil || record.Snapshotter != real.Snapshotter || record.SnapshotKey != real.SnapshotKey:
			i.add(h, op.ContainersDelete, op.Identified{ID: n.Key})
			i.add(h, op.ContainersCreate, op.ContainerRecord{Container: real})
			changed = true
		case record.Image != real.Image || !maps.Equal(record.Labels, real.Labels):
			i.add(h, op.ContainersUpdate, op.ContainerRecord{Container: real, Paths: []string{"labels", "image"}})
			changed = true
		}
	case metadata.ResourceLease:
		return i.correctLease(c, n)
	}
	return changed, nil
}

// correctLease updates a lease of the model, and its resources.
func (i *interpreter) correctLease(c *copied, n gc.Node) (changed bool, err error) {
	ctx := namespaces.WithNamespace(context.Background(), n.Namespace)
	h := engine.Header{NS: n.Namespace}
	real := c.leases[at{n.Namespace, n.Key}]
	list, err := i.model.node.Leases().List(ctx, "id=="+n.Key)
	if err != nil {
		return false, err
	}
	if len(list) == 1 && !maps.Equal(list[0].Labels, real.Labels) {
		i.add(h, op.LeasesDelete, op.LeasesDeleteArgs{ID: n.Key})
		i.add(h, op.LeasesCreate, op.LeasesCreateArgs{ID: n.Key, Labels: real.Labels})
		changed = true
	}
	want, err := c.node.Leases().ListResources(ctx, real)
	if err != nil {
		return false, err
	}
	has, err := i.model.node.Leases().ListResources(ctx, real)
	if err != nil {
		return false, err
	}
	for _, r := range want {
		if !slices.Contains(has, r) {
			i.add(h, op.LeasesAddResource, op.LeaseResource{ID: n.Key, Resource: r})
			changed = true
		}
	}
	for _, r := range has {
		if !slices.Contains(want, r) {
			i.add(h, op.LeasesDeleteResource, op.LeaseResource{ID: n.Key, Resource: r})
			changed = true
		}
	}
	return changed, nil
}

// removeAll deletes the objects that a copy lacks, holders first, and then the namespaces.
func (i *interpreter) removeAll(c *copied, modelled map[string]gc.Node, names []string) {
	depth := map[string]int{}
	for _, name := range names {
		if n := modelled[name]; n.Type == metadata.ResourceSnapshot {
			depth[name] = i.model.depth(n)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		kinds := slices.Index(objectKinds, modelled[b].Type) - slices.Index(objectKinds, modelled[a].Type)
		return cmp.Or(kinds, depth[b]-depth[a])
	})
	for _, name := range names {
		n := modelled[name]
		h := engine.Header{NS: n.Namespace}
		switch n.Type {
		case metadata.ResourceContent:
			i.add(h, op.ContentDelete, op.Blob{Digest: digest.Digest(n.Key)})
		case metadata.ResourceIngest:
			i.add(h, op.ContentAbort, op.Ingest{Ref: n.Key})
		case metadata.ResourceSnapshot:
			snapshotter, key, _ := strings.Cut(n.Key, "/")
			i.add(h, op.SnapshotsRemove, op.Snapshot{Snapshotter: snapshotter, Key: key})
		case metadata.ResourceImage:
			i.add(h, op.ImagesDelete, op.ImagesDeleteArgs{Name: n.Key})
		case metadata.ResourceContainer:
			i.add(h, op.ContainersDelete, op.Identified{ID: n.Key})
		case metadata.ResourceLease:
			i.add(h, op.LeasesDelete, op.LeasesDeleteArgs{ID: n.Key})
		}
	}
	for _, ns := range slices.Sorted(maps.Keys(i.spaces)) {
		if _, there := c.spaces[ns]; !there {
			i.add(engine.Header{}, op.NamespacesDelete, op.Named{Name: ns})
		}
	}
}

// resume makes the state that of a copy, apart from knowledge about its objects that only events have.
func (i *interpreter) resume(c *copied) {
	old := *i.state
	*i.state = state{
		spaces: maps.Clone(c.spaces), images: maps.Clone(c.images), blobs: byNamespace[*blob]{}, snapshots: map[at]*snapshot{},
		layers: maps.Clone(old.layers), snapshotter: old.snapshotter,
	}
	maps.Copy(i.layers, c.layers)
	for ns, blobs := range c.blobs {
		for key, b := range blobs {
			next := *b
			if before := old.blobs[ns][key]; before != nil {
				next.made = before.made
			}
			i.blobs.put(ns, key, &next)
		}
	}
	for where, s := range c.snapshots {
		next := *s
		if before := old.snapshots[where]; before != nil {
			next.gone, next.collected = before.gone, before.collected
		}
		i.snapshots[where] = &next
	}
	i.leases, i.uploads = byNamespace[bool]{}, map[at]bool{}
	for where := range c.leases {
		i.leases.put(where.namespace, where.key, true)
	}
	for _, n := range c.nodes {
		if n.Type == metadata.ResourceIngest {
			i.uploads[at{n.Namespace, n.Key}] = true
		}
	}
}
