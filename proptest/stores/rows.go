package stores

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
)

// A row makes the call of one kind of Ops.
type row func(n *Node, ctx context.Context, op engine.Op) (any, error)

// call is a row of Ops with arguments of type A, to a store that must be there.
func call[S, A any](store func(*Node) S, fn func(ctx context.Context, s S, a A) (any, error)) row {
	return func(n *Node, ctx context.Context, op engine.Op) (any, error) {
		s := store(n)
		if v := reflect.ValueOf(&s).Elem(); v.IsZero() {
			return nil, unknown(op.Name)
		}
		a, ok := op.Args.(A)
		if !ok && op.Args != nil {
			return nil, fmt.Errorf("op %q has arguments of type %T, not %T: %w", op.Name, a, op.Args, errdefs.ErrInvalidArgument)
		}
		return fn(ctx, s, a)
	}
}

// returned is the value of a call and its error: no value with an error.
func returned[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func node(n *Node) *Node { return n }

var rows map[string]row

func init() {
	rows = map[string]row{
		"collect":  call(func(n *Node) func(context.Context) error { return n.Collect }, collect),
		"tx.begin": call(node, begin),
		"tx.commit": call(node, func(_ context.Context, n *Node, a engine.Named) (any, error) {
			return nil, n.end(a.Name, Transaction.Commit)
		}),
		"tx.rollback": call(node, func(_ context.Context, n *Node, a engine.Named) (any, error) {
			return nil, n.end(a.Name, Transaction.Rollback)
		}),
	}
	for _, add := range []func(){addNamespaces, addRecords, addLeases, addContent, addWriters, addSnapshots} {
		add()
	}
}

// collect calls with a context that does not end: containerd's collection leaks a goroutine if it does.
func collect(ctx context.Context, fn func(context.Context) error, _ engine.None) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, fn(context.WithoutCancel(ctx))
}

func begin(_ context.Context, n *Node, a engine.TxBegin) (any, error) {
	switch {
	case n.Begin == nil || !a.Writable:
		return nil, unknown("tx.begin")
	case len(n.transactions) > 0:
		return nil, fmt.Errorf("transaction %q: another is open: %w", a.Name, errdefs.ErrFailedPrecondition)
	}
	t, err := n.Begin()
	if err == nil {
		n.transactions[a.Name] = t
	}
	return nil, err
}

func (n *Node) end(name string, how func(Transaction) error) error {
	t := n.transactions[name]
	if t == nil {
		return fmt.Errorf("transaction %q: %w", name, errdefs.ErrNotFound)
	}
	delete(n.transactions, name)
	return how(t)
}

func addNamespaces() {
	type with = func(context.Context, func(namespaces.Store) error) error
	store := func(n *Node) with { return n.Namespaces }
	rows["namespaces.create"] = call(store, func(ctx context.Context, in with, a engine.NamespaceCreate) (any, error) {
		return nil, in(ctx, func(s namespaces.Store) error { return s.Create(ctx, a.Name, a.Labels) })
	})
	rows["namespaces.delete"] = call(store, func(ctx context.Context, in with, a engine.Named) (any, error) {
		return nil, in(ctx, func(s namespaces.Store) error { return s.Delete(ctx, a.Name) })
	})
	rows["namespaces.setlabel"] = call(store, func(ctx context.Context, in with, a engine.NamespaceSetLabel) (any, error) {
		return nil, in(ctx, func(s namespaces.Store) error { return s.SetLabel(ctx, a.Name, a.Key, a.Value) })
	})
	rows["namespaces.list"] = call(store, func(ctx context.Context, in with, _ engine.None) (any, error) {
		var all []string
		err := in(ctx, func(s namespaces.Store) (err error) {
			all, err = s.List(ctx)
			return err
		})
		return returned(all, err)
	})
}

// recordStore is what the stores of images, containers and sandboxes have in common.
type recordStore[T any] interface {
	Get(ctx context.Context, id string) (T, error)
	List(ctx context.Context, filters ...string) ([]T, error)
	Create(ctx context.Context, record T) (T, error)
	Update(ctx context.Context, record T, fieldpaths ...string) (T, error)
}

func addRecordStore[S recordStore[T], T, A, K any](kind string, store func(*Node) S, record func(A) (T, []string), key func(K) string) {
	rows[kind+".create"] = call(store, func(ctx context.Context, s S, a A) (any, error) {
		r, _ := record(a)
		return returned(s.Create(ctx, r))
	})
	rows[kind+".update"] = call(store, func(ctx context.Context, s S, a A) (any, error) {
		r, paths := record(a)
		return returned(s.Update(ctx, r, paths...))
	})
	rows[kind+".get"] = call(store, func(ctx context.Context, s S, a K) (any, error) { return returned(s.Get(ctx, key(a))) })
	rows[kind+".list"] = call(store, func(ctx context.Context, s S, a engine.Filtered) (any, error) {
		return returned(s.List(ctx, a.Filters...))
	})
}

func addRecords() {
	addRecordStore("images", func(n *Node) images.Store { return n.Images },
		func(a engine.ImageRecord) (images.Image, []string) { return a.Image, a.Paths }, func(a engine.Named) string { return a.Name })
	addRecordStore("containers", func(n *Node) containers.Store { return n.Containers },
		func(a engine.ContainerRecord) (containers.Container, []string) { return a.Container, a.Paths }, func(a engine.Identified) string { return a.ID })
	addRecordStore("sandboxes", func(n *Node) sandbox.Store { return n.Sandboxes },
		func(a engine.SandboxRecord) (sandbox.Sandbox, []string) { return a.Sandbox, a.Paths }, func(a engine.Identified) string { return a.ID })
	rows["images.delete"] = call(func(n *Node) images.Store { return n.Images }, func(ctx context.Context, s images.Store, a engine.ImageDelete) (any, error) {
		var opts []images.DeleteOpt
		if a.Target != nil {
			opts = append(opts, images.DeleteTarget(a.Target))
		}
		if a.Sync {
			opts = append(opts, images.SynchronousDelete())
		}
		return nil, s.Delete(ctx, a.Name, opts...)
	})
	rows["containers.delete"] = call(func(n *Node) containers.Store { return n.Containers }, func(ctx context.Context, s containers.Store, a engine.Identified) (any, error) {
		return nil, s.Delete(ctx, a.ID)
	})
	rows["sandboxes.delete"] = call(func(n *Node) sandbox.Store { return n.Sandboxes }, func(ctx context.Context, s sandbox.Store, a engine.Identified) (any, error) {
		return nil, s.Delete(ctx, a.ID)
	})
}

func addLeases() {
	store := func(n *Node) leases.Manager { return n.Leases }
	rows["leases.create"] = call(store, func(ctx context.Context, s leases.Manager, a engine.LeaseCreate) (any, error) {
		return returned(s.Create(ctx, func(l *leases.Lease) error {
			l.ID, l.Labels = a.ID, a.Labels
			return nil
		}))
	})
	rows["leases.delete"] = call(store, func(ctx context.Context, s leases.Manager, a engine.LeaseDelete) (any, error) {
		var opts []leases.DeleteOpt
		if a.Sync {
			opts = append(opts, leases.SynchronousDelete)
		}
		return nil, s.Delete(ctx, leases.Lease{ID: a.ID}, opts...)
	})
	rows["leases.list"] = call(store, func(ctx context.Context, s leases.Manager, a engine.Filtered) (any, error) {
		return returned(s.List(ctx, a.Filters...))
	})
	rows["leases.addresource"] = call(store, func(ctx context.Context, s leases.Manager, a engine.LeaseResource) (any, error) {
		return nil, s.AddResource(ctx, leases.Lease{ID: a.ID}, a.Resource)
	})
	rows["leases.deleteresource"] = call(store, func(ctx context.Context, s leases.Manager, a engine.LeaseResource) (any, error) {
		return nil, s.DeleteResource(ctx, leases.Lease{ID: a.ID}, a.Resource)
	})
	rows["leases.listresources"] = call(store, func(ctx context.Context, s leases.Manager, a engine.Identified) (any, error) {
		return returned(s.ListResources(ctx, leases.Lease{ID: a.ID}))
	})
}

func addContent() {
	store := func(n *Node) content.Store { return n.Content }
	rows["content.info"] = call(store, func(ctx context.Context, s content.Store, a engine.Blob) (any, error) {
		return returned(s.Info(ctx, a.Digest))
	})
	rows["content.update"] = call(store, func(ctx context.Context, s content.Store, a engine.BlobUpdate) (any, error) {
		return returned(s.Update(ctx, a.Info, a.Paths...))
	})
	rows["content.delete"] = call(store, func(ctx context.Context, s content.Store, a engine.Blob) (any, error) {
		return nil, s.Delete(ctx, a.Digest)
	})
	rows["content.abort"] = call(store, func(ctx context.Context, s content.Store, a engine.Ingest) (any, error) {
		return nil, s.Abort(ctx, a.Ref)
	})
	rows["content.status"] = call(store, func(ctx context.Context, s content.Store, a engine.Ingest) (any, error) {
		return returned(s.Status(ctx, a.Ref))
	})
	rows["content.read"] = call(store, func(ctx context.Context, s content.Store, a engine.BlobRead) (any, error) {
		r, err := s.ReaderAt(ctx, ocispec.Descriptor{Digest: a.Digest})
		if err != nil {
			return nil, err
		}
		defer r.Close()
		size := a.Size
		if size == 0 {
			size = r.Size()
		}
		return returned(io.ReadAll(io.NewSectionReader(r, a.Offset, size)))
	})
}

func addWriters() {
	rows["writers.open"] = func(n *Node, ctx context.Context, op engine.Op) (any, error) {
		a, ok := op.Args.(engine.WriterOpen)
		switch {
		case n.Content == nil || !ok && op.Args != nil:
			return nil, unknown(op.Name)
		case n.writers[a.Name] != nil:
			return nil, fmt.Errorf("writer %q: %w", a.Name, errdefs.ErrAlreadyExists)
		}
		w, err := n.Content.Writer(ctx, content.WithRef(a.Ref), content.WithDescriptor(a.Desc))
		if err != nil {
			return nil, err
		}
		n.writers[a.Name] = w
		return returned(w.Status())
	}
	rows["writers.write"] = onWriter(func(a engine.WriterWrite) string { return a.Name }, func(_ context.Context, w content.Writer, a engine.WriterWrite) (any, error) {
		size, err := w.Write(a.Data)
		return int64(size), err
	})
	rows["writers.truncate"] = onWriter(func(a engine.WriterTruncate) string { return a.Name }, func(_ context.Context, w content.Writer, a engine.WriterTruncate) (any, error) {
		return nil, w.Truncate(a.Size)
	})
	rows["writers.commit"] = onWriter(func(a engine.WriterCommit) string { return a.Name }, func(ctx context.Context, w content.Writer, a engine.WriterCommit) (any, error) {
		var opts []content.Opt
		if a.Labels != nil {
			opts = append(opts, content.WithLabels(a.Labels))
		}
		return nil, w.Commit(ctx, a.Size, a.Expected, opts...)
	})
	rows["writers.close"] = call(node, func(_ context.Context, n *Node, a engine.Named) (any, error) {
		w := n.writers[a.Name]
		if w == nil {
			return nil, fmt.Errorf("writer %q: %w", a.Name, errdefs.ErrNotFound)
		}
		delete(n.writers, a.Name)
		return nil, w.Close()
	})
}

// onWriter is a call to an open writer.
func onWriter[A any](name func(A) string, fn func(ctx context.Context, w content.Writer, a A) (any, error)) row {
	return call(node, func(ctx context.Context, n *Node, a A) (any, error) {
		w := n.writers[name(a)]
		if w == nil {
			return nil, fmt.Errorf("writer %q: %w", name(a), errdefs.ErrNotFound)
		}
		return fn(ctx, w, a)
	})
}

func addSnapshots() {
	add(rows, "stat", func(a engine.Snapshot) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.Snapshot) (any, error) {
		return returned(s.Stat(ctx, a.Key))
	})
	add(rows, "usage", func(a engine.Snapshot) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.Snapshot) (any, error) {
		return returned(s.Usage(ctx, a.Key))
	})
	add(rows, "mounts", func(a engine.Snapshot) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.Snapshot) (any, error) {
		return returned(s.Mounts(ctx, a.Key))
	})
	add(rows, "remove", func(a engine.Snapshot) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.Snapshot) (any, error) {
		return nil, s.Remove(ctx, a.Key)
	})
	add(rows, "update", func(a engine.SnapshotUpdate) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.SnapshotUpdate) (any, error) {
		return returned(s.Update(ctx, a.Info, a.Paths...))
	})
	add(rows, "prepare", func(a engine.SnapshotCreate) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.SnapshotCreate) (any, error) {
		return returned(s.Prepare(ctx, a.Key, a.Parent, labelled(a.Labels)...))
	})
	add(rows, "view", func(a engine.SnapshotCreate) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.SnapshotCreate) (any, error) {
		return returned(s.View(ctx, a.Key, a.Parent, labelled(a.Labels)...))
	})
	add(rows, "commit", func(a engine.SnapshotCommit) string { return a.Snapshotter }, func(ctx context.Context, s snapshots.Snapshotter, a engine.SnapshotCommit) (any, error) {
		opts := labelled(a.Labels)
		if a.Parent != "" {
			opts = append(opts, snapshots.WithParent(a.Parent))
		}
		return nil, s.Commit(ctx, a.Name, a.Key, opts...)
	})
}

// add adds a call to a snapshotter.
func add[A any](to map[string]row, verb string, of func(A) string, fn func(ctx context.Context, s snapshots.Snapshotter, a A) (any, error)) {
	to["snapshots."+verb] = call(node, func(ctx context.Context, n *Node, a A) (any, error) {
		s := n.Snapshotters[of(a)]
		if s == nil {
			return nil, fmt.Errorf("snapshotter %q: %w", of(a), errdefs.ErrNotFound)
		}
		return fn(ctx, s, a)
	})
}

func labelled(labels map[string]string) []snapshots.Opt {
	if labels == nil {
		return nil
	}
	return []snapshots.Opt{snapshots.WithLabels(labels)}
}
