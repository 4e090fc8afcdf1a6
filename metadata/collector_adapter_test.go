package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	theirs "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/mount/manager"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/containers"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// A handler pretends to mount.
type handler struct{ mounted map[string]bool }

func (h handler) Mount(_ context.Context, m mount.Mount, target string, _ []mount.ActiveMount) (mount.ActiveMount, error) {
	h.mounted[target] = true
	at := time.Unix(0, 0) // the manager requires a time
	return mount.ActiveMount{Mount: m, MountPoint: target, MountedAt: &at}, os.Mkdir(target, 0o700)
}

func (h handler) Unmount(_ context.Context, target string) error {
	delete(h.mounted, target)
	return nil
}

// A mountNode is a metadata database with containerd's mount manager as a Collector.
type mountNode struct {
	mounts  mount.Manager
	handler handler
	images  images.Store
	leases  leases.Manager
	boxes   containers.Store
	collect func(context.Context) error
}

func newMountNode(t *testing.T, build func(collector theirs.Collector) mountNode) mountNode {
	t.Helper()
	file, err := bolt.Open(filepath.Join(t.TempDir(), "mounts.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := handler{map[string]bool{}}
	m, err := manager.NewManager(file, filepath.Join(t.TempDir(), "mounts"), manager.WithMountHandler("pretended", h))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.(interface{ Close() error }).Close() })
	n := build(m.(theirs.Collector))
	n.mounts, n.handler = m, h
	return n
}

// TestMountManager registers containerd's own mount manager as a Collector of both packages. After each step the same
// mounts are left.
func TestMountManager(t *testing.T) {
	ours := newMountNode(t, func(c theirs.Collector) mountNode {
		db := metadata.NewDB(memkv.New(), nil, nil)
		db.RegisterCollectibleResource(metadata.ResourceMount, metadata.AdaptCollector(c))
		return mountNode{
			images: metadata.NewImageStore(db), leases: metadata.NewLeaseManager(db), boxes: metadata.NewContainerStore(db),
			collect: func(ctx context.Context) error { _, err := db.GarbageCollect(ctx); return err },
		}
	})
	other := newMountNode(t, func(c theirs.Collector) mountNode {
		file, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { file.Close() })
		db := theirs.NewDB(file, nil, nil)
		db.RegisterCollectibleResource(theirs.ResourceMount, c)
		return mountNode{
			images: theirs.NewImageStore(db), leases: theirs.NewLeaseManager(db), boxes: theirs.NewContainerStore(db),
			collect: func(ctx context.Context) error { _, err := db.GarbageCollect(ctx); return err },
		}
	})
	ctx := namespaces.WithNamespace(t.Context(), "ns")
	activate := func(n mountNode, ctx context.Context, name string, labels map[string]string) error {
		_, err := n.mounts.Activate(ctx, name, []mount.Mount{{Type: "pretended", Source: name}}, mount.WithLabels(labels))
		return err
	}
	for _, step := range []struct {
		name string
		do   func(mountNode) error
		left []string
	}{
		{"everything is kept", func(n mountNode) error {
			_, err := n.leases.Create(ctx, func(l *leases.Lease) error { l.ID = "l"; return nil })
			image := images.Image{
				Name: "i", Labels: map[string]string{"containerd.io/gc.ref.mount": "referred"},
				Target: ocispec.Descriptor{MediaType: "m", Digest: "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", Size: 1},
			}
			_, err2 := n.images.Create(ctx, image)
			box := containers.Container{ID: "c", Runtime: containers.RuntimeInfo{Name: "x"}, Spec: &anypb.Any{TypeUrl: "x"}}
			_, err3 := n.boxes.Create(ctx, box)
			return errors.Join(err, err2, err3,
				activate(n, leases.WithLease(ctx, "l"), "leased", nil),
				activate(n, ctx, "referred", nil),
				activate(n, ctx, "of container", map[string]string{"containerd.io/gc.bref.container": "c"}),
				activate(n, ctx, "of image", map[string]string{"containerd.io/gc.bref.image": "i"}),
				activate(n, ctx, "garbage", nil),
			)
		}, []string{"leased", "of container", "of image", "referred"}},
		{"the container is deleted", func(n mountNode) error { return n.boxes.Delete(ctx, "c") }, []string{"leased", "of image", "referred"}},
		{"the lease ends", func(n mountNode) error { return n.leases.Delete(ctx, leases.Lease{ID: "l"}) }, []string{"of image", "referred"}},
		{"the image is deleted", func(n mountNode) error { return n.images.Delete(ctx, "i") }, nil},
	} {
		for who, n := range map[string]mountNode{"holdfast": ours, "containerd": other} {
			if err := errors.Join(step.do(n), n.collect(ctx)); err != nil {
				t.Fatalf("%s, %s: %v", step.name, who, err)
			}
			list, err := n.mounts.List(ctx)
			var names []string
			for _, info := range list {
				names = append(names, info.Name)
			}
			slices.Sort(names)
			if err != nil || !slices.Equal(names, step.left) || len(n.handler.mounted) != len(step.left) {
				t.Errorf("%s, %s: mounts %q (%v), mounted %v, want %q", step.name, who, names, err, slices.Collect(maps.Keys(n.handler.mounted)), step.left)
			}
		}
	}
}

// A failing Collector cannot start.
type failing struct{}

func (failing) ReferenceLabel() string { return "" }

func (failing) StartCollection(context.Context) (theirs.CollectionContext, error) {
	return nil, errors.New("locked")
}

// TestAdaptedCollectorFails starts collections without an adapted Collector that fails, and without its optional
// methods.
func TestAdaptedCollectorFails(t *testing.T) {
	c := metadata.AdaptCollector(failing{})
	if started, err := c.StartCollection(t.Context()); started != nil || fmt.Sprint(err) != "locked" {
		t.Errorf("%v, %v", started, err)
	}
	db := metadata.NewDB(memkv.New(), nil, nil)
	db.RegisterCollectibleResource(gc.ResourceMax-1, c)
	if _, err := db.GarbageCollect(t.Context()); err != nil {
		t.Error(err)
	}
}
