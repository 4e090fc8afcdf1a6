package op

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/metadata/sandbox"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Stores are the stores that Ops call. A nil store means that the node doesn't have it.
type Stores interface {
	Images() images.Store
	Containers() containers.Store
	Sandboxes() sandbox.Store
	Leases() leases.Manager
	Namespaces() namespaces.Store
	Content() content.Store
	// Snapshotter returns the snapshotter of that name, or nil.
	Snapshotter(name string) snapshots.Snapshotter
}

// A Target is the receiver of calls: stores, and the writers and readers that Ops have opened on them.
type Target struct {
	Stores Stores
	Open   *Open
}

// Open are the open writers and readers of a node. Its zero value has none. It is for one goroutine.
type Open struct {
	Writers Handles[content.Writer]
	Readers Handles[content.ReaderAt]
}

// Close closes all writers and readers.
func (o *Open) Close() {
	for _, w := range o.Writers.All {
		_ = w.Close()
	}
	for _, r := range o.Readers.All {
		_ = r.Close()
	}
	*o = Open{}
}

// Handles are open handles of one kind, by the names that Ops gave them. Its zero value has none.
type Handles[T any] struct{ All map[string]T }

// Get returns a handle. Kind is "writer", for example, and appears in the error, which has the class NotFound.
func (h *Handles[T]) Get(kind, name string) (T, error) {
	v, ok := h.All[name]
	if !ok {
		return v, fmt.Errorf("%s %q: not open: %w", kind, name, errdefs.ErrNotFound)
	}
	return v, nil
}

// Free returns an error of class AlreadyExists if the name is in use.
func (h *Handles[T]) Free(kind, name string) error {
	if _, taken := h.All[name]; taken {
		return fmt.Errorf("%s %q: open already: %w", kind, name, errdefs.ErrAlreadyExists)
	}
	return nil
}

// Put adds a handle.
func (h *Handles[T]) Put(name string, v T) {
	if h.All == nil {
		h.All = map[string]T{}
	}
	h.All[name] = v
}

// Remove forgets a handle.
func (h *Handles[T]) Remove(name string) { delete(h.All, name) }
