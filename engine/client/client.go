//go:build !wasm

package client

import (
	"fmt"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
)

// platform is the platform of the node.
var platform = ocispec.Platform{OS: "linux", Architecture: "amd64"}

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
	n := &node{Engine: e}
	c, err := containerd.NewWithConn(conn, append([]containerd.Opt{
		containerd.WithServices(n.services()...),
		containerd.WithDefaultPlatform(platforms.Only(platform)),
	}, opts...)...)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("client: %w", err)
	}
	n.namespace = c.DefaultNamespace()
	return c, nil
}

// Services returns the services of the node, for a combination with other services, for example with a fake task
// service:
//
//	c, err := client.New(node, containerd.WithServices(append(client.Services(node), containerd.WithTaskClient(fake))...))
//
// These services ignore the default namespace of a client.
func Services(e *engine.Engine) []containerd.ServicesOpt { return (&node{Engine: e}).services() }

// WithExpiration is [leases.WithExpiration] with the time of the node's clock.
func WithExpiration(e *engine.Engine, d time.Duration) leases.Opt {
	return leases.WithLabel("containerd.io/gc.expire", e.Clock().Now().Add(d).Format(time.RFC3339))
}

func (n *node) services() []containerd.ServicesOpt {
	all := map[string]snapshots.Snapshotter{}
	for _, name := range n.snapshotters() {
		all[name] = snapshotter{n, name}
	}
	return []containerd.ServicesOpt{
		containerd.WithImageStore(imageStore{n}),
		containerd.WithContainerStore(containerStore{n}),
		containerd.WithContentStore(contentStore{n}),
		containerd.WithLeasesService(leaseManager{n}),
		containerd.WithNamespaceService(namespaceStore{n}),
		containerd.WithSandboxStore(sandboxStore{n}),
		containerd.WithSnapshotters(all),
		containerd.WithEventService(eventService{n}),
		containerd.WithDiffService(differ{n}),
		containerd.WithIntrospectionService(introspector{n}),
	}
}
