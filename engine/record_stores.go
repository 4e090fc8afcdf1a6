package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Images returns the store of images.
func (r *Recorder) Images() images.Store {
	return recordedImages{recordedStore[images.Image]{r, recordNames{op.ImagesCreate, op.ImagesGet, op.ImagesList, op.ImagesUpdate, op.ImagesDelete}, named,
		func(i images.Image, paths []string) any { return op.ImageRecord{Image: i, Paths: paths} }}}
}

// Containers returns the store of containers.
func (r *Recorder) Containers() containers.Store {
	return recordedStore[containers.Container]{r, recordNames{op.ContainersCreate, op.ContainersGet, op.ContainersList, op.ContainersUpdate, op.ContainersDelete}, identified,
		func(c containers.Container, paths []string) any {
			return op.ContainerRecord{Container: c, Paths: paths}
		}}
}

// Sandboxes returns the store of sandboxes.
func (r *Recorder) Sandboxes() sandbox.Store {
	return recordedStore[sandbox.Sandbox]{r, recordNames{op.SandboxesCreate, op.SandboxesGet, op.SandboxesList, op.SandboxesUpdate, op.SandboxesDelete}, identified,
		func(b sandbox.Sandbox, paths []string) any { return op.SandboxRecord{Sandbox: b, Paths: paths} }}
}

// Leases returns the lease manager.
func (r *Recorder) Leases() leases.Manager { return recordedLeases{r} }

// Namespaces returns the store of namespaces.
func (r *Recorder) Namespaces() namespaces.Store { return recordedNamespaces{r} }

// Collect runs a collection.
func (r *Recorder) Collect(ctx context.Context) (Collection, error) {
	return ask[Collection](ctx, r, op.Collect, nil)
}

// Trigger requests a collection from the schedule: see [Engine.Trigger].
func (r *Recorder) Trigger() { _ = tell(context.Background(), r, op.ScheduleTrigger, nil) }

// RunDue runs one step of the schedule that is due: see [Engine.RunDue].
func (r *Recorder) RunDue(ctx context.Context) (c Collection, ran bool, err error) {
	done, err := ask[op.ScheduleRunResult](ctx, r, op.ScheduleRun, nil)
	return done.Collection, done.Ran, err
}

// SetUsage sets the usage of an active snapshot: see [Engine.SetUsage].
func (r *Recorder) SetUsage(ctx context.Context, snapshotter, key string, u snapshots.Usage) error {
	return tell(ctx, r, op.SnapshotsSetUsage, op.SnapshotsSetUsageArgs{Snapshotter: snapshotter, Key: key, Usage: u})
}

type recordedNamespaces struct{ r *Recorder }

func (s recordedNamespaces) Create(ctx context.Context, name string, labels map[string]string) error {
	return tell(ctx, s.r, op.NamespacesCreate, op.NamespacesCreateArgs{Name: name, Labels: labels})
}

func (s recordedNamespaces) Labels(ctx context.Context, name string) (map[string]string, error) {
	return ask[map[string]string](ctx, s.r, op.NamespacesLabels, op.Named{Name: name})
}

func (s recordedNamespaces) SetLabel(ctx context.Context, name, key, value string) error {
	return tell(ctx, s.r, op.NamespacesSetLabel, op.NamespacesSetLabelArgs{Name: name, Key: key, Value: value})
}

func (s recordedNamespaces) List(ctx context.Context) ([]string, error) {
	return ask[[]string](ctx, s.r, op.NamespacesList, nil)
}

func (s recordedNamespaces) Delete(ctx context.Context, name string, _ ...namespaces.DeleteOpts) error {
	return tell(ctx, s.r, op.NamespacesDelete, op.Named{Name: name})
}

// recordNames are the names of the Ops on one kind of records.
type recordNames struct{ create, get, list, update, delete op.Name }

// recordedStore is the common part of the stores of images, containers and sandboxes.
type recordedStore[T any] struct {
	r     *Recorder
	names recordNames
	key   func(id string) any                // arguments with the name of a record
	whole func(record T, paths []string) any // arguments with the whole record
}

func (s recordedStore[T]) Get(ctx context.Context, id string) (T, error) {
	return ask[T](ctx, s.r, s.names.get, s.key(id))
}

func (s recordedStore[T]) List(ctx context.Context, filters ...string) ([]T, error) {
	return ask[[]T](ctx, s.r, s.names.list, op.Filtered{Filters: filters})
}

func (s recordedStore[T]) Create(ctx context.Context, record T) (T, error) {
	return ask[T](ctx, s.r, s.names.create, s.whole(record, nil))
}

func (s recordedStore[T]) Update(ctx context.Context, record T, paths ...string) (T, error) {
	return ask[T](ctx, s.r, s.names.update, s.whole(record, paths))
}

func (s recordedStore[T]) Delete(ctx context.Context, id string) error {
	return tell(ctx, s.r, s.names.delete, s.key(id))
}

func named(name string) any    { return op.Named{Name: name} }
func identified(id string) any { return op.Identified{ID: id} }

// recordedImages adds a Delete with options.
type recordedImages struct{ recordedStore[images.Image] }

func (s recordedImages) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	var o images.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &o); err != nil {
			return err
		}
	}
	return tell(ctx, s.r, op.ImagesDelete, op.ImagesDeleteArgs{Name: name, Target: o.Target, Sync: o.Synchronous})
}

type recordedLeases struct{ r *Recorder }

func (s recordedLeases) Create(ctx context.Context, opts ...leases.Opt) (leases.Lease, error) {
	var l leases.Lease
	for _, opt := range opts {
		if err := opt(&l); err != nil {
			return leases.Lease{}, err
		}
	}
	return ask[leases.Lease](ctx, s.r, op.LeasesCreate, op.LeasesCreateArgs{ID: l.ID, Labels: l.Labels})
}

func (s recordedLeases) Delete(ctx context.Context, l leases.Lease, opts ...leases.DeleteOpt) error {
	var o leases.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &o); err != nil {
			return err
		}
	}
	return tell(ctx, s.r, op.LeasesDelete, op.LeasesDeleteArgs{ID: l.ID, Sync: o.Synchronous})
}

func (s recordedLeases) List(ctx context.Context, filters ...string) ([]leases.Lease, error) {
	return ask[[]leases.Lease](ctx, s.r, op.LeasesList, op.Filtered{Filters: filters})
}

func (s recordedLeases) AddResource(ctx context.Context, l leases.Lease, resource leases.Resource) error {
	return tell(ctx, s.r, op.LeasesAddResource, op.LeaseResource{ID: l.ID, Resource: resource})
}

func (s recordedLeases) DeleteResource(ctx context.Context, l leases.Lease, resource leases.Resource) error {
	return tell(ctx, s.r, op.LeasesDeleteResource, op.LeaseResource{ID: l.ID, Resource: resource})
}

func (s recordedLeases) ListResources(ctx context.Context, l leases.Lease) ([]leases.Resource, error) {
	return ask[[]leases.Resource](ctx, s.r, op.LeasesListResources, op.Identified{ID: l.ID})
}
