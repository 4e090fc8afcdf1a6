//go:build wasm

package containers

import (
	"context"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/message"
)

// Container is a record of the container store.
type Container struct {
	ID          string // unique in its namespace
	Labels      map[string]string
	Image       string // name of the image
	Runtime     RuntimeInfo
	Spec        message.Any
	SnapshotKey string // snapshot of the root file system
	Snapshotter string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Extensions  map[string]message.Any
	SandboxID   string // "" outside of sandboxes
}

// RuntimeInfo is the name and the options of a container's runtime.
type RuntimeInfo struct {
	Name    string
	Options message.Any
}

// Store stores container records.
type Store interface {
	Get(ctx context.Context, id string) (Container, error)
	List(ctx context.Context, filters ...string) ([]Container, error)
	Create(ctx context.Context, container Container) (Container, error)
	Update(ctx context.Context, container Container, fieldpaths ...string) (Container, error)
	Delete(ctx context.Context, id string) error
}
