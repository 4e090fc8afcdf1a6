//go:build !wasm

package server

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/transfer"
	"github.com/containerd/containerd/v2/core/transfer/local"
	"github.com/containerd/containerd/v2/core/unpack"
	"github.com/containerd/platforms"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/internal/services"
)

// transfers imports, exports, tags, pulls and pushes images, with the daemon's own code. Layers are unpacked into any
// snapshotter of the node.
type transfers struct {
	transfer.Transferrer
	streams *streams
}

func newTransfers(e *engine.Engine, t *services.Table) *transfers {
	config := local.TransferConfig{
		Leases:                      transferLeases{t.Leases, e.Clock()},
		MaxConcurrentDownloads:      3, // the daemon's defaults
		MaxConcurrentUploadedLayers: 3,
	}
	for _, name := range slices.Sorted(maps.Keys(t.Snapshotters)) {
		config.UnpackPlatforms = append(config.UnpackPlatforms, unpack.Platform{
			Platform:       platforms.OnlyOS(services.Platform),
			SnapshotterKey: name,
			Snapshotter:    t.Snapshotters[name],
			Applier:        t.Differ,
		})
	}
	return &transfers{local.NewTransferService(t.Content, t.Images, config), newStreams()}
}

// transferLeases creates the leases of transfers. A transfer lets its lease expire 24 hours after the time of the host,
// but collections use the time of the node.
type transferLeases struct {
	leases.Manager
	clock *engine.Clock
}

func (m transferLeases) Create(ctx context.Context, opts ...leases.Opt) (leases.Lease, error) {
	expires := m.clock.Now().Add(24 * time.Hour).Format(time.RFC3339)
	return m.Manager.Create(ctx, append(opts, leases.WithLabel("containerd.io/gc.expire", expires))...)
}
