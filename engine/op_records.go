package engine

import (
	"context"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
)

// Arguments of the Ops on namespaces.
type (
	// NamespaceCreate makes a namespace.
	NamespaceCreate struct {
		Name   string
		Labels map[string]string
	}
	// NamespaceSetLabel sets a label of a namespace, or deletes it if Value is "".
	NamespaceSetLabel struct{ Name, Key, Value string }
)

var namespaceRows = []row{
	writes("namespaces.create", func(c *call, a NamespaceCreate) (any, error) {
		return nil, c.node.Namespaces().Create(c.ctx, a.Name, a.Labels)
	}),
	reads("namespaces.labels", func(c *call, a Named) (any, error) {
		return returned(c.node.Namespaces().Labels(c.ctx, a.Name))
	}),
	writes("namespaces.setlabel", func(c *call, a NamespaceSetLabel) (any, error) {
		return nil, c.node.Namespaces().SetLabel(c.ctx, a.Name, a.Key, a.Value)
	}),
	reads("namespaces.list", func(c *call, _ None) (any, error) {
		return returned(c.node.Namespaces().List(c.ctx))
	}),
	writes("namespaces.delete", func(c *call, a Named) (any, error) {
		return nil, c.node.Namespaces().Delete(c.ctx, a.Name)
	}),
}

// recordStore is what the stores of images, containers and sandboxes have in common.
type recordStore[T any] interface {
	Get(ctx context.Context, id string) (T, error)
	List(ctx context.Context, filters ...string) ([]T, error)
	Create(ctx context.Context, record T) (T, error)
	Update(ctx context.Context, record T, fieldpaths ...string) (T, error)
}

// recordRows are the Ops on a store: A are the arguments with a whole record, K
// those with its key.
func recordRows[T, A, K any](kind string, store func(*Engine) recordStore[T], record func(A) (T, []string), key func(K) string) []row {
	return []row{
		writes(kind+".create", func(c *call, a A) (any, error) {
			r, _ := record(a)
			return returned(store(c.node).Create(c.ctx, r))
		}),
		reads(kind+".get", func(c *call, a K) (any, error) {
			return returned(store(c.node).Get(c.ctx, key(a)))
		}),
		reads(kind+".list", func(c *call, a Filtered) (any, error) {
			return returned(store(c.node).List(c.ctx, a.Filters...))
		}),
		writes(kind+".update", func(c *call, a A) (any, error) {
			r, paths := record(a)
			return returned(store(c.node).Update(c.ctx, r, paths...))
		}),
	}
}

func name(a Named) string    { return a.Name }
func id(a Identified) string { return a.ID }

// Arguments of the Ops on images, containers and sandboxes.
type (
	// ImageRecord is an image to be created, or to be updated where Paths say.
	ImageRecord struct {
		Image images.Image
		Paths []string
	}
	// ImageDelete deletes an image, if it has Target or that is nil.
	ImageDelete struct {
		Name   string
		Target *ocispec.Descriptor
		Sync   bool // the store takes no notice
	}
	// ContainerRecord is a container to be created, or to be updated where Paths say.
	ContainerRecord struct {
		Container containers.Container
		Paths     []string
	}
	// SandboxRecord is a sandbox to be created, or to be updated where Paths say.
	SandboxRecord struct {
		Sandbox sandbox.Sandbox
		Paths   []string
	}
)

var imageRows = append(
	recordRows("images",
		func(e *Engine) recordStore[images.Image] { return e.Images() },
		func(a ImageRecord) (images.Image, []string) { return a.Image, a.Paths },
		name),
	writes("images.delete", func(c *call, a ImageDelete) (any, error) {
		var opts []images.DeleteOpt
		if a.Target != nil {
			opts = append(opts, images.DeleteTarget(a.Target))
		}
		if a.Sync {
			opts = append(opts, images.SynchronousDelete())
		}
		return nil, c.node.Images().Delete(c.ctx, a.Name, opts...)
	}))

var containerRows = append(
	recordRows("containers",
		func(e *Engine) recordStore[containers.Container] { return e.Containers() },
		func(a ContainerRecord) (containers.Container, []string) { return a.Container, a.Paths },
		id),
	writes("containers.delete", func(c *call, a Identified) (any, error) {
		return nil, c.node.Containers().Delete(c.ctx, a.ID)
	}))

var sandboxRows = append(
	recordRows("sandboxes",
		func(e *Engine) recordStore[sandbox.Sandbox] { return e.Sandboxes() },
		func(a SandboxRecord) (sandbox.Sandbox, []string) { return a.Sandbox, a.Paths },
		id),
	writes("sandboxes.delete", func(c *call, a Identified) (any, error) {
		return nil, c.node.Sandboxes().Delete(c.ctx, a.ID)
	}))
