package recorded

import (
	"context"
	"fmt"
	"strings"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A reader converts the database of a node from before the events: to the state against which events are interpreted,
// and to Ops that recreate it.
type reader struct {
	node   *engine.Engine
	state  *state
	ops    []engine.Op
	placed map[digest.Digest]bool
	leased map[at]string // ingests
	again  bool          // the objects may exist: then the Ops fail without an effect
}

// readBefore reads the state of a node. Errors: those of its database.
func readBefore(node *engine.Engine, s *state) ([]engine.Op, error) {
	r := &reader{node: node, state: s, placed: map[digest.Digest]bool{}, leased: map[at]string{}}
	all, err := examine.Objects(node.KV())
	if err != nil {
		return nil, err
	}
	spaces, err := node.Namespaces().List(context.Background())
	if err != nil {
		return nil, err
	}
	for _, name := range spaces {
		labels, err := node.Namespaces().Labels(context.Background(), name)
		if err != nil {
			return nil, err
		}
		s.spaces[name] = labels
		r.add("", op.NamespacesCreate, op.NamespacesCreateArgs{Name: name, Labels: labels})
	}
	// Referenced objects come before their holders, so that no Op fails.
	for _, kind := range []gc.ResourceType{metadata.ResourceLease, metadata.ResourceContent, metadata.ResourceIngest, metadata.ResourceSnapshot, metadata.ResourceImage, metadata.ResourceContainer} {
		for _, o := range all {
			n, err := metadata.ParseNode(o.Node)
			if err != nil || n.Type != kind {
				continue
			}
			if err := r.object(n); err != nil {
				return nil, fmt.Errorf("%s: %w", o.Node, err)
			}
		}
	}
	for _, name := range spaces {
		if err := r.resources(name); err != nil {
			return nil, err
		}
		if err := r.sandboxes(name); err != nil {
			return nil, err
		}
	}
	s.recordLayers()
	return r.ops, nil
}

func (r *reader) add(ns string, name op.Name, args any) {
	r.ops = append(r.ops, engine.Op{Name: name, Header: engine.Header{NS: ns}, Args: args})
}

// object adds one object.
func (r *reader) object(n gc.Node) error {
	ctx := namespaces.WithNamespace(context.Background(), n.Namespace)
	switch n.Type {
	case metadata.ResourceContent:
		info, err := r.node.Content().Info(ctx, digest.Digest(n.Key))
		if err != nil {
			return err
		}
		r.state.blobs.put(n.Namespace, n.Key, &blob{digest: info.Digest, size: info.Size, labels: info.Labels, made: -1})
		if !r.placed[info.Digest] {
			r.placed[info.Digest] = true
			r.add("", op.ContentPlace, op.ContentPlaceArgs{Digest: info.Digest, Size: info.Size})
		}
		r.ops = append(r.ops, commitOps(engine.Header{NS: n.Namespace}, len(r.ops), info)...)
	case metadata.ResourceSnapshot:
		name, key, _ := strings.Cut(n.Key, "/")
		return r.snapshot(ctx, n.Namespace, name, key)
	case metadata.ResourceImage:
		i, err := r.node.Images().Get(ctx, n.Key)
		if err != nil {
			return err
		}
		r.state.images[at{n.Namespace, n.Key}] = &image{name: i.Name, target: i.Target, labels: i.Labels}
		r.add(n.Namespace, op.ImagesCreate, op.ImageRecord{Image: i})
	case metadata.ResourceContainer:
		c, err := r.node.Containers().Get(ctx, n.Key)
		if err != nil {
			return err
		}
		r.add(n.Namespace, op.ContainersCreate, op.ContainerRecord{Container: c})
	case metadata.ResourceLease:
		l, err := r.node.Leases().List(ctx, "id=="+n.Key)
		if err != nil || len(l) != 1 {
			return err
		}
		r.add(n.Namespace, op.LeasesCreate, op.LeasesCreateArgs{ID: n.Key, Labels: l[0].Labels})
		held, err := r.node.Leases().ListResources(ctx, l[0])
		for _, h := range held {
			if h.Type == "ingests" {
				r.leased[at{n.Namespace, h.ID}] = n.Key
			}
		}
		return err
	case metadata.ResourceIngest:
		h := engine.Header{NS: n.Namespace}
		if lease, ok := r.leased[at{n.Namespace, n.Key}]; ok {
			h.Lease = &lease
		}
		name := fmt.Sprint("ingest-", len(r.ops))
		r.ops = append(r.ops,
			engine.Op{Name: op.WritersOpen, Header: h, Args: op.WritersOpenArgs{Name: name, Ref: n.Key}},
			engine.Op{Name: op.WritersClose, Header: h, Args: op.Named{Name: name}})
	}
	return nil
}

// snapshot adds a snapshot, after its parents.
func (r *reader) snapshot(ctx context.Context, ns, name, key string) error {
	id := at{ns, name + "/" + key}
	if key == "" || r.state.snapshots[id] != nil {
		return nil
	}
	info, err := r.node.Snapshotter(name).Stat(ctx, key)
	if err != nil {
		return err
	}
	r.state.snapshots[id] = &snapshot{parent: info.Parent}
	if err := r.snapshot(ctx, ns, name, info.Parent); err != nil {
		return err
	}
	if parent := r.state.snapshots[at{ns, name + "/" + info.Parent}]; parent != nil {
		parent.children++
	}
	if r.state.snapshotter == "" {
		r.state.snapshotter = name
	}
	create := op.SnapshotCreate{Snapshotter: name, Key: key, Parent: info.Parent, Labels: info.Labels}
	switch info.Kind {
	case snapshots.KindCommitted:
		create.Key, create.Labels = "before "+key, nil
		if r.again {
			create.Labels = map[string]string{snapshots.LabelSnapshotRef: key}
		}
		r.add(ns, op.SnapshotsPrepare, create)
		r.add(ns, op.SnapshotsCommit, op.SnapshotsCommitArgs{Snapshotter: name, Name: key, Key: create.Key, Labels: info.Labels})
	case snapshots.KindView:
		r.add(ns, op.SnapshotsView, create)
	default:
		r.add(ns, op.SnapshotsPrepare, create)
	}
	return nil
}

// resources adds the resources of the leases of a namespace.
func (r *reader) resources(ns string) error {
	ctx := namespaces.WithNamespace(context.Background(), ns)
	list, err := r.node.Leases().List(ctx)
	if err != nil {
		return err
	}
	for _, l := range list {
		held, err := r.node.Leases().ListResources(ctx, l)
		if err != nil {
			return err
		}
		for _, h := range held {
			r.add(ns, op.LeasesAddResource, op.LeaseResource{ID: l.ID, Resource: leases.Resource(h)})
		}
	}
	return nil
}

// sandboxes adds the sandboxes of a namespace. The collector ignores them.
func (r *reader) sandboxes(ns string) error {
	list, err := r.node.Sandboxes().List(namespaces.WithNamespace(context.Background(), ns))
	for _, s := range list {
		r.add(ns, op.SandboxesCreate, op.SandboxRecord{Sandbox: s})
	}
	return err
}

// commitOps returns the Ops that commit a placed blob through a writer. The number makes the writer's name unique.
func commitOps(h engine.Header, number int, info content.Info) []engine.Op {
	name := fmt.Sprint("blob-", number)
	return []engine.Op{
		{Name: op.WritersOpen, Header: h, Args: op.WritersOpenArgs{Name: name, Ref: "blob-" + string(info.Digest), Desc: ocispec.Descriptor{Digest: info.Digest, Size: info.Size}}},
		{Name: op.WritersCommit, Header: h, Args: op.WritersCommitArgs{Name: name, Size: info.Size, Expected: info.Digest, Labels: info.Labels}},
		{Name: op.WritersClose, Header: h, Args: op.Named{Name: name}},
	}
}
