//go:build !wasm

package client

import (
	"fmt"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/platforms"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/internal/services"
)

// New returns a containerd client of the node. It accepts the options of containerd's own New that do not concern a
// connection. [containerd.WithServices] replaces all services: start its list with the result of [Services].
//
// The client is safe for concurrent use, with the exceptions of [engine.Engine]. Close it as any client. Closing the
// client does not change the node.
func New(e *engine.Engine, opts ...containerd.Opt) (*containerd.Client, error) {
	conn, err := absent()
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	table := services.New(e)
	c, err := containerd.NewWithConn(conn, append([]containerd.Opt{
		containerd.WithServices(options(table)...),
		containerd.WithDefaultPlatform(platforms.Only(services.Platform)),
	}, opts...)...)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("client: %w", err)
	}
	table.SetDefaultNamespace(c.DefaultNamespace())
	return c, nil
}

// Services returns the services of the node, for a combination with other services, for example with a fake task
// service:
//
//	c, err := client.New(node, containerd.WithServices(append(client.Services(node), containerd.WithTaskClient(fake))...))
//
// These services ignore the default namespace of a client.
func Services(e *engine.Engine) []containerd.ServicesOpt { return options(services.New(e)) }

// WithExpiration is [leases.WithExpiration] with the time of the node's clock.
func WithExpiration(e *engine.Engine, d time.Duration) leases.Opt {
	return leases.WithLabel("containerd.io/gc.expire", e.Clock().Now().Add(d).Format(time.RFC3339))
}

// options returns the rows of a table as options of a client.
func options(t *services.Table) []containerd.ServicesOpt {
	return []containerd.ServicesOpt{
		containerd.WithImageStore(t.Images),
		containerd.WithContainerStore(t.Containers),
		containerd.WithContentStore(t.Content),
		containerd.WithLeasesService(t.Leases),
		containerd.WithNamespaceService(t.Namespaces),
		containerd.WithSandboxStore(t.Sandboxes),
		containerd.WithSnapshotters(withoutFiles(t.Snapshotters)),
		containerd.WithMountManager(mountManager{}),
		containerd.WithEventService(t.Events),
		containerd.WithDiffService(t.Differ),
		containerd.WithIntrospectionService(t.Introspection),
	}
}
