//go:build !wasm

package server

import (
	"context"
	"fmt"
	"slices"

	containersapi "github.com/containerd/containerd/api/services/containers/v1"
	diffapi "github.com/containerd/containerd/api/services/diff/v1"
	eventsapi "github.com/containerd/containerd/api/services/events/v1"
	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	introspectionapi "github.com/containerd/containerd/api/services/introspection/v1"
	namespacesapi "github.com/containerd/containerd/api/services/namespaces/v1"
	"github.com/containerd/containerd/v2/plugins"
	containerdservices "github.com/containerd/containerd/v2/plugins/services"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"
	"google.golang.org/grpc"

	// The daemon's own services, and the types of transfers.
	_ "github.com/containerd/containerd/v2/core/transfer/archive"
	_ "github.com/containerd/containerd/v2/core/transfer/image"
	_ "github.com/containerd/containerd/v2/core/transfer/registry"
	_ "github.com/containerd/containerd/v2/plugins/services/content"
	_ "github.com/containerd/containerd/v2/plugins/services/healthcheck"
	_ "github.com/containerd/containerd/v2/plugins/services/leases"
	_ "github.com/containerd/containerd/v2/plugins/services/sandbox"
	_ "github.com/containerd/containerd/v2/plugins/services/snapshots"
	_ "github.com/containerd/containerd/v2/plugins/services/streaming"
	_ "github.com/containerd/containerd/v2/plugins/services/transfer"
	_ "github.com/containerd/containerd/v2/plugins/services/version"

	"github.com/holdfast-gc/holdfast/engine/internal/services"
)

// daemonServices are the services of containerd's daemon that run on any store. They are plugins of the daemon.
var daemonServices = []string{"content", "healthcheck", "leases", "sandboxes", "snapshots", "streaming", "transfer", "version"}

// register adds the services of a node to a gRPC server. The daemon's own services for images, containers, namespaces,
// events, diff and introspection need the daemon's database, so this package has its own.
func register(to *grpc.Server, t *services.Table, transfers *transfers) error {
	imagesapi.RegisterImagesServer(to, imageServer{store: t.Images})
	containersapi.RegisterContainersServer(to, containerServer{store: t.Containers})
	namespacesapi.RegisterNamespacesServer(to, namespaceServer{store: t.Namespaces})
	eventsapi.RegisterEventsServer(to, eventServer{events: t.Events})
	diffapi.RegisterDiffServer(to, diffServer{differ: t.Differ})
	introspectionapi.RegisterIntrospectionServer(to, introspectionServer{plugins: t.Introspection})

	loaded := plugin.NewPluginSet()
	for _, p := range []struct {
		kind  plugin.Type
		id    string
		value any
	}{
		{plugins.ServicePlugin, containerdservices.ContentService, t.Content},
		{plugins.ServicePlugin, containerdservices.SnapshotsService, t.Snapshotters},
		{plugins.LeasePlugin, "manager", t.Leases},
		{plugins.SandboxStorePlugin, "local", t.Sandboxes},
		{plugins.StreamingPlugin, "manager", transfers.streams},
		{plugins.TransferPlugin, "local", transfers},
	} {
		r := plugin.Registration{Type: p.kind, ID: p.id, InitFn: func(*plugin.InitContext) (any, error) { return p.value, nil }}
		if err := loaded.Add(load(r, loaded)); err != nil {
			return err
		}
	}
	all := registry.Graph(func(r *plugin.Registration) bool {
		return r.Type != plugins.GRPCPlugin || !slices.Contains(daemonServices, r.ID)
	})
	for _, r := range all {
		service, err := load(r, loaded).Instance()
		if err != nil {
			return fmt.Errorf("service %s: %w", r.ID, err)
		}
		if err := service.(interface{ Register(*grpc.Server) error }).Register(to); err != nil {
			return fmt.Errorf("service %s: %w", r.ID, err)
		}
	}
	if len(all) != len(daemonServices) {
		return fmt.Errorf("the daemon's package has %d of the services %v", len(all), daemonServices)
	}
	return nil
}

func load(r plugin.Registration, loaded *plugin.Set) *plugin.Plugin {
	return r.Init(plugin.NewContext(context.Background(), loaded, nil))
}
