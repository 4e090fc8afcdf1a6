//go:build linux

package metadata_test

import (
	"context"
	"os"
	"testing"

	"github.com/containerd/containerd/v2/core/snapshots/testsuite"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// TestSnapshotterSuite runs containerd's suite on its native snapshotter. Only root can mount; other users skip the
// suite.
func TestSnapshotterSuite(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("not root: no mounts")
	}
	testsuite.SnapshotterSuite(t, "metadata", func(ctx context.Context, root string) (snapshots.Snapshotter, func() error, error) {
		// The suite copies hundreds of layers: use memory if possible.
		if dir, err := os.MkdirTemp("/dev/shm", "holdfast-suite-"); err == nil {
			t.Cleanup(func() { os.RemoveAll(dir) })
			root = dir
		}
		backend, err := native.NewSnapshotter(root)
		if err != nil {
			return nil, nil, err
		}
		db := metadata.NewDB(memkv.New(), nil, map[string]snapshots.Snapshotter{"native": backend})
		if err := db.Init(ctx); err != nil {
			return nil, nil, err
		}
		sn := db.Snapshotter("native")
		return sn, func() error { return sn.Close() }, nil
	})
}
