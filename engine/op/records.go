package op

import (
	"context"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
)

// Arguments of the Ops on namespaces.
type (
	// NamespacesCreateArgs are a new namespace and its labels.
	NamespacesCreateArgs struct {
		Name   string
		Labels map[string]string
	}
	// NamespacesSetLabelArgs set a label of a namespace, or delete it if Value is "".
	NamespacesSetLabelArgs struct{ Name, Key, Value string }
)

func namespaceStore(t Target) namespaces.Store { return t.Stores.Namespaces() }

var namespaceRows = []Row{
	writes(NamespacesCreate, namespaceStore, func(ctx context.Context, s namespaces.Store, a NamespacesCreateArgs) (None, error) {
		return None{}, s.Create(ctx, a.Name, a.Labels)
	}),
	reads(NamespacesLabels, namespaceStore, func(ctx context.Context, s namespaces.Store, a Named) (map[string]string, error) {
		return s.Labels(ctx, a.Name)
	}),
	writes(NamespacesSetLabel, namespaceStore, func(ctx context.Context, s namespaces.Store, a NamespacesSetLabelArgs) (None, error) {
		return None{}, s.SetLabel(ctx, a.Name, a.Key, a.Value)
	}),
	reads(NamespacesList, namespaceStore, func(ctx context.Context, s namespaces.Store, _ None) ([]string, error) {
		return s.List(ctx)
	}),
	writes(NamespacesDelete, namespaceStore, func(ctx context.Context, s namespaces.Store, a Named) (None, error) {
		return None{}, s.Delete(ctx, a.Name)
	}),
}

// A recordStore has the methods that the stores of images, containers and sandboxes share.
type recordStore[T any] interface {
	Get(ctx context.Context, id string) (T, error)
	List(ctx context.Context, filters ...string) ([]T, error)
	Create(ctx context.Context, record T) (T, error)
	Update(ctx context.Context, record T, fieldpaths ...string) (T, error)
}

// recordNames are the names of the Ops that the three kinds of records share.
type recordNames struct{ create, get, list, update Name }

// recordRows are the Ops on a store of records. A are arguments with a whole record, K arguments with its key.
func recordRows[S recordStore[T], T, A, K any](n recordNames, store func(Target) S, record func(A) (T, []string), key func(K) string) []Row {
	return []Row{
		writes(n.create, store, func(ctx context.Context, s S, a A) (T, error) {
			r, _ := record(a)
			return s.Create(ctx, r)
		}),
		reads(n.get, store, func(ctx context.Context, s S, a K) (T, error) { return s.Get(ctx, key(a)) }),
		reads(n.list, store, func(ctx context.Context, s S, a Filtered) ([]T, error) { return s.List(ctx, a.Filters...) }),
		writes(n.update, store, func(ctx context.Context, s S, a A) (T, error) {
			r, paths := record(a)
			return s.Update(ctx, r, paths...)
		}),
	}
}

func nameOf(a Named) string    { return a.Name }
func idOf(a Identified) string { return a.ID }

// Arguments of the Ops on images, containers and sandboxes.
type (
	// ImageRecord is an image to create, or to update. An update sets the fields that Paths name, or all if it names
	// none.
	ImageRecord struct {
		Image images.Image
		Paths []string
	}
	// ImagesDeleteArgs delete an image: only if it has Target, unless that is nil.
	ImagesDeleteArgs struct {
		Name   string
		Target *ocispec.Descriptor
		Sync   bool // the store ignores it
	}
	// ContainerRecord is a container to create or to update: see ImageRecord.
	ContainerRecord struct {
		Container containers.Container
		Paths     []string
	}
	// SandboxRecord is a sandbox to create or to update: see ImageRecord.
	SandboxRecord struct {
		Sandbox sandbox.Sandbox
		Paths   []string
	}
)

func imageStore(t Target) images.Store         { return t.Stores.Images() }
func containerStore(t Target) containers.Store { return t.Stores.Containers() }
func sandboxStore(t Target) sandbox.Store      { return t.Stores.Sandboxes() }

var imageRows = append(
	recordRows(recordNames{ImagesCreate, ImagesGet, ImagesList, ImagesUpdate}, imageStore,
		func(a ImageRecord) (images.Image, []string) { return a.Image, a.Paths }, nameOf),
	writes(ImagesDelete, imageStore, func(ctx context.Context, s images.Store, a ImagesDeleteArgs) (None, error) {
		var opts []images.DeleteOpt
		if a.Target != nil {
			opts = append(opts, images.DeleteTarget(a.Target))
		}
		if a.Sync {
			opts = append(opts, images.SynchronousDelete())
		}
		return None{}, s.Delete(ctx, a.Name, opts...)
	}))

var containerRows = append(
	recordRows(recordNames{ContainersCreate, ContainersGet, ContainersList, ContainersUpdate}, containerStore,
		func(a ContainerRecord) (containers.Container, []string) { return a.Container, a.Paths }, idOf),
	writes(ContainersDelete, containerStore, func(ctx context.Context, s containers.Store, a Identified) (None, error) {
		return None{}, s.Delete(ctx, a.ID)
	}))

var sandboxRows = append(
	recordRows(recordNames{SandboxesCreate, SandboxesGet, SandboxesList, SandboxesUpdate}, sandboxStore,
		func(a SandboxRecord) (sandbox.Sandbox, []string) { return a.Sandbox, a.Paths }, idOf),
	writes(SandboxesDelete, sandboxStore, func(ctx context.Context, s sandbox.Store, a Identified) (None, error) {
		return None{}, s.Delete(ctx, a.ID)
	}))
