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
	Image       string // the name of the one it was made from
	Runtime     RuntimeInfo
	Spec        message.Any
	SnapshotKey string // of its root file system
	Snapshotter string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Extensions  map[string]message.Any
	SandboxID   string // of the sandbox it belongs to
}

// RuntimeInfo says which runtime a container has, and its options.
type RuntimeInfo struct {
	Name    string
	Options message.Any
}

// Store keeps container records.
type Store interface {
	Get(ctx context.Context, id string) (Container, error)
	List(ctx context.Context, filters ...string) ([]Container, error)
	Create(ctx context.Context, container Container) (Container, error)
	Update(ctx context.Context, container Container, fieldpaths ...string) (Container, error)
	Delete(ctx context.Context, id string) error
}
