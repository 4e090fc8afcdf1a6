//go:build !wasm

package client_test

import (
	"context"
	"path/filepath"
	"testing"

	containersapi "github.com/containerd/containerd/api/services/containers/v1"
	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	namespacesapi "github.com/containerd/containerd/api/services/namespaces/v1"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/events/exchange"
	"github.com/containerd/containerd/v2/core/introspection"
	"github.com/containerd/containerd/v2/core/leases"
	theirs "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/gc"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/containerd/v2/plugins/content/local"
	_ "github.com/containerd/containerd/v2/plugins/leases"
	"github.com/containerd/containerd/v2/plugins/services"
	_ "github.com/containerd/containerd/v2/plugins/services/containers"
	_ "github.com/containerd/containerd/v2/plugins/services/content"
	_ "github.com/containerd/containerd/v2/plugins/services/images"
	_ "github.com/containerd/containerd/v2/plugins/services/introspection"
	_ "github.com/containerd/containerd/v2/plugins/services/namespaces"
	_ "github.com/containerd/containerd/v2/plugins/services/snapshots"
	_ "github.com/containerd/containerd/v2/plugins/services/warning"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/platforms"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"go.etcd.io/bbolt"
)

// immediate is a collection scheduler that collects on each request, and never otherwise.
type immediate struct{ *theirs.DB }

func (s immediate) ScheduleAndWait(ctx context.Context) (gc.Stats, error) {
	return s.GarbageCollect(ctx)
}

// daemon returns a client of containerd's own services on a database on disk, and a function that collects there.
func daemon(t *testing.T) (c *containerd.Client, collect func(context.Context) error) {
	t.Helper()
	dir, events := t.TempDir(), exchange.NewExchange()
	blobs, err := local.NewStore(filepath.Join(dir, "content"))
	must(err)
	files, err := native.NewSnapshotter(filepath.Join(dir, "native"))
	must(err)
	bolt, err := bbolt.Open(filepath.Join(dir, "meta.db"), 0o600, &bbolt.Options{NoSync: true})
	must(err)
	t.Cleanup(func() { files.Close(); bolt.Close() })
	db := theirs.NewDB(bolt, blobs, map[string]snapshots.Snapshotter{"native": files}, theirs.WithEventsPublisher(events))
	must(db.Init(t.Context()))

	set := plugin.NewPluginSet()
	began := func(r plugin.Registration) any {
		p := r.Init(plugin.NewContext(t.Context(), set, map[string]string{}))
		must(set.Add(p))
		instance, err := p.Instance()
		if err != nil {
			t.Fatal(r.URI(), err)
		}
		return instance
	}
	for _, made := range []struct {
		kind     plugin.Type
		id       string
		instance any
	}{
		{plugins.MetadataPlugin, "bolt", db},
		{plugins.EventPlugin, "exchange", events},
		{plugins.GCPlugin, "scheduler", immediate{db}},
		{plugins.SnapshotPlugin, "native", files},
	} {
		began(plugin.Registration{Type: made.kind, ID: made.id, InitFn: func(*plugin.InitContext) (any, error) { return made.instance, nil }})
	}
	has := map[string]any{}
	wanted := []string{"deprecations", "manager", services.ImagesService, services.ContainersService, services.NamespacesService, services.ContentService, services.SnapshotsService, services.IntrospectionService}
	for _, id := range wanted {
		for _, r := range registry.Graph(func(*plugin.Registration) bool { return false }) {
			if r.ID == id {
				has[id] = began(r)
			}
		}
	}
	c, err = containerd.New("", containerd.WithServices(
		containerd.WithImageClient(has[services.ImagesService].(imagesapi.ImagesClient)),
		containerd.WithContainerClient(has[services.ContainersService].(containersapi.ContainersClient)),
		containerd.WithNamespaceClient(has[services.NamespacesService].(namespacesapi.NamespacesClient)),
		containerd.WithContentStore(has[services.ContentService].(content.Store)),
		containerd.WithSnapshotters(has[services.SnapshotsService].(map[string]snapshots.Snapshotter)),
		containerd.WithLeasesService(has["manager"].(leases.Manager)),
		containerd.WithSandboxStore(theirs.NewSandboxStore(db)),
		containerd.WithEventService(events),
		containerd.WithIntrospectionService(has[services.IntrospectionService].(introspection.Service)),
	), containerd.WithDefaultPlatform(platforms.Only(ocispec.Platform{OS: "linux", Architecture: "amd64"})))
	must(err)
	return c, func(ctx context.Context) error { _, err := db.GarbageCollect(ctx); return err }
}
