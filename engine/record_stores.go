package engine

import (
	"context"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
)

// Images returns the store of images.
func (r *Recorder) Images() images.Store {
	return recordedImages{recordedStore[images.Image]{r, "images", named,
		func(i images.Image, paths []string) any { return ImageRecord{i, paths} }}}
}

// Containers returns the store of containers.
func (r *Recorder) Containers() containers.Store {
	return recordedStore[containers.Container]{r, "containers", identified,
		func(c containers.Container, paths []string) any { return ContainerRecord{c, paths} }}
}

// Sandboxes returns the store of sandboxes.
func (r *Recorder) Sandboxes() sandbox.Store {
	return recordedStore[sandbox.Sandbox]{r, "sandboxes", identified,
		func(b sandbox.Sandbox, paths []string) any { return SandboxRecord{b, paths} }}
}

// Leases returns the lease manager.
func (r *Recorder) Leases() leases.Manager { return recordedLeases{r} }

// Namespaces returns the store of namespaces.
func (r *Recorder) Namespaces() namespaces.Store { return recordedNamespaces{r} }

// Collect collects garbage at once.
func (r *Recorder) Collect(ctx context.Context) (Collection, error) {
	return ask[Collection](ctx, r, "collect", nil)
}

type recordedNamespaces struct{ r *Recorder }

func (s recordedNamespaces) Create(ctx context.Context, name string, labels map[string]string) error {
	return tell(ctx, s.r, "namespaces.create", NamespaceCreate{name, labels})
}

func (s recordedNamespaces) Labels(ctx context.Context, name string) (map[string]string, error) {
	return ask[map[string]string](ctx, s.r, "namespaces.labels", Named{name})
}

func (s recordedNamespaces) SetLabel(ctx context.Context, name, key, value string) error {
	return tell(ctx, s.r, "namespaces.setlabel", NamespaceSetLabel{name, key, value})
}

func (s recordedNamespaces) List(ctx context.Context) ([]string, error) {
	return ask[[]string](ctx, s.r, "namespaces.list", nil)
}

func (s recordedNamespaces) Delete(ctx context.Context, name string, _ ...namespaces.DeleteOpts) error {
	return tell(ctx, s.r, "namespaces.delete", Named{name})
}

// recordedStore is what the stores of images, containers and sandboxes have in common.
type recordedStore[T any] struct {
	r     *Recorder
	kind  string
	key   func(id string) any                // arguments that name a record
	whole func(record T, paths []string) any // arguments that have all of it
}

func (s recordedStore[T]) Get(ctx context.Context, id string) (T, error) {
	return ask[T](ctx, s.r, s.kind+".get", s.key(id))
}

func (s recordedStore[T]) List(ctx context.Context, filters ...string) ([]T, error) {
	return ask[[]T](ctx, s.r, s.kind+".list", Filtered{filters})
}

func (s recordedStore[T]) Create(ctx context.Context, record T) (T, error) {
	return ask[T](ctx, s.r, s.kind+".create", s.whole(record, nil))
}

func (s recordedStore[T]) Update(ctx context.Context, record T, paths ...string) (T, error) {
	return ask[T](ctx, s.r, s.kind+".update", s.whole(record, paths))
}

func (s recordedStore[T]) Delete(ctx context.Context, id string) error {
	return tell(ctx, s.r, s.kind+".delete", s.key(id))
}

func named(name string) any    { return Named{name} }
func identified(id string) any { return Identified{id} }

// recordedImages has a Delete with options.
type recordedImages struct{ recordedStore[images.Image] }

func (s recordedImages) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	var o images.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &o); err != nil {
			return err
		}
	}
	return tell(ctx, s.r, "images.delete", ImageDelete{name, o.Target, o.Synchronous})
}

type recordedLeases struct{ r *Recorder }

func (s recordedLeases) Create(ctx context.Context, opts ...leases.Opt) (leases.Lease, error) {
	var l leases.Lease
	for _, opt := range opts {
		if err := opt(&l); err != nil {
			return leases.Lease{}, err
		}
	}
	return ask[leases.Lease](ctx, s.r, "leases.create", LeaseCreate{l.ID, l.Labels})
}

func (s recordedLeases) Delete(ctx context.Context, l leases.Lease, opts ...leases.DeleteOpt) error {
	var o leases.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &o); err != nil {
			return err
		}
	}
	return tell(ctx, s.r, "leases.delete", LeaseDelete{l.ID, o.Synchronous})
}

func (s recordedLeases) List(ctx context.Context, filters ...string) ([]leases.Lease, error) {
	return ask[[]leases.Lease](ctx, s.r, "leases.list", Filtered{filters})
}

func (s recordedLeases) AddResource(ctx context.Context, l leases.Lease, resource leases.Resource) error {
	return tell(ctx, s.r, "leases.addresource", LeaseResource{l.ID, resource})
}

func (s recordedLeases) DeleteResource(ctx context.Context, l leases.Lease, resource leases.Resource) error {
	return tell(ctx, s.r, "leases.deleteresource", LeaseResource{l.ID, resource})
}

func (s recordedLeases) ListResources(ctx context.Context, l leases.Lease) ([]leases.Resource, error) {
	return ask[[]leases.Resource](ctx, s.r, "leases.listresources", Identified{l.ID})
}
