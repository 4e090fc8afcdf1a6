package engine

import (
	"context"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"

	"github.com/holdfast-gc/holdfast/metadata/sandbox"
)

// Images returns the store of images.
func (r *Recorder) Images() images.Store { return recordedImages{r} }

// Containers returns the store of containers.
func (r *Recorder) Containers() containers.Store { return recordedContainers{r} }

// Sandboxes returns the store of sandboxes.
func (r *Recorder) Sandboxes() sandbox.Store { return recordedSandboxes{r} }

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

type recordedImages struct{ r *Recorder }

func (s recordedImages) Get(ctx context.Context, name string) (images.Image, error) {
	return ask[images.Image](ctx, s.r, "images.get", Named{name})
}

func (s recordedImages) List(ctx context.Context, filters ...string) ([]images.Image, error) {
	return ask[[]images.Image](ctx, s.r, "images.list", Filtered{filters})
}

func (s recordedImages) Create(ctx context.Context, i images.Image) (images.Image, error) {
	return ask[images.Image](ctx, s.r, "images.create", ImageRecord{Image: i})
}

func (s recordedImages) Update(ctx context.Context, i images.Image, paths ...string) (images.Image, error) {
	return ask[images.Image](ctx, s.r, "images.update", ImageRecord{i, paths})
}

func (s recordedImages) Delete(ctx context.Context, name string, opts ...images.DeleteOpt) error {
	var o images.DeleteOptions
	for _, opt := range opts {
		if err := opt(ctx, &o); err != nil {
			return err
		}
	}
	return tell(ctx, s.r, "images.delete", ImageDelete{name, o.Target, o.Synchronous})
}

type recordedContainers struct{ r *Recorder }

func (s recordedContainers) Get(ctx context.Context, id string) (containers.Container, error) {
	return ask[containers.Container](ctx, s.r, "containers.get", Identified{id})
}

func (s recordedContainers) List(ctx context.Context, filters ...string) ([]containers.Container, error) {
	return ask[[]containers.Container](ctx, s.r, "containers.list", Filtered{filters})
}

func (s recordedContainers) Create(ctx context.Context, c containers.Container) (containers.Container, error) {
	return ask[containers.Container](ctx, s.r, "containers.create", ContainerRecord{Container: c})
}

func (s recordedContainers) Update(ctx context.Context, c containers.Container, paths ...string) (containers.Container, error) {
	return ask[containers.Container](ctx, s.r, "containers.update", ContainerRecord{c, paths})
}

func (s recordedContainers) Delete(ctx context.Context, id string) error {
	return tell(ctx, s.r, "containers.delete", Identified{id})
}

type recordedSandboxes struct{ r *Recorder }

func (s recordedSandboxes) Get(ctx context.Context, id string) (sandbox.Sandbox, error) {
	return ask[sandbox.Sandbox](ctx, s.r, "sandboxes.get", Identified{id})
}

func (s recordedSandboxes) List(ctx context.Context, filters ...string) ([]sandbox.Sandbox, error) {
	return ask[[]sandbox.Sandbox](ctx, s.r, "sandboxes.list", Filtered{filters})
}

func (s recordedSandboxes) Create(ctx context.Context, b sandbox.Sandbox) (sandbox.Sandbox, error) {
	return ask[sandbox.Sandbox](ctx, s.r, "sandboxes.create", SandboxRecord{Sandbox: b})
}

func (s recordedSandboxes) Update(ctx context.Context, b sandbox.Sandbox, paths ...string) (sandbox.Sandbox, error) {
	return ask[sandbox.Sandbox](ctx, s.r, "sandboxes.update", SandboxRecord{b, paths})
}

func (s recordedSandboxes) Delete(ctx context.Context, id string) error {
	return tell(ctx, s.r, "sandboxes.delete", Identified{id})
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
