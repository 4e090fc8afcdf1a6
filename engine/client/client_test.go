//go:build !wasm

package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/containerd/api/services/tasks/v1"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/diff"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/client"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

func connect(t *testing.T, node *engine.Engine, opts ...containerd.Opt) *containerd.Client {
	t.Helper()
	c, err := client.New(node, opts...)
	must(err)
	t.Cleanup(func() { c.Close() })
	return c
}

func inDefault(t *testing.T) context.Context {
	return namespaces.WithNamespace(t.Context(), "default")
}

// unpacked returns a node, a client and the unpacked image of the tests.
func unpacked(t *testing.T) (*engine.Engine, *containerd.Client, containerd.Image) {
	node := newNode(t)
	c := connect(t, node)
	ctx := inDefault(t)
	if _, err := c.Import(ctx, bytes.NewReader(kelp)); err != nil {
		t.Fatal(err)
	}
	image, err := c.GetImage(ctx, "kelp:latest")
	if err != nil {
		t.Fatal(err)
	}
	if err := image.Unpack(ctx, "overlayfs"); err != nil {
		t.Fatal(err)
	}
	return node, c, image
}

func TestUnpack(t *testing.T) {
	node, c, image := unpacked(t)
	ctx := inDefault(t)
	if ok, err := image.IsUnpacked(ctx, "overlayfs"); !ok || err != nil {
		t.Errorf("is not unpacked: %v", err)
	}
	snapshotter := c.SnapshotService("overlayfs")
	top, err := snapshotter.Stat(ctx, kelpRoot)
	must(err)
	for _, layer := range []struct {
		key          string
		size, inodes int64
	}{{kelpRoot, 3, 1}, {top.Parent, 12, 2}} {
		got, err := snapshotter.Usage(ctx, layer.key)
		if err != nil || got.Size != layer.size || got.Inodes != layer.inodes {
			t.Errorf("usage of %s: %+v, %v; want %d bytes and %d inodes", layer.key, got, err, layer.size, layer.inodes)
		}
	}
	info, err := c.ContentStore().Info(ctx, digest.FromBytes(gzipped(twoLayers()[0])))
	if err != nil || info.Labels["containerd.io/uncompressed"] != digest.FromBytes(twoLayers()[0]).String() {
		t.Errorf("labels of the layer: %v, %v", info.Labels, err)
	}
	size, err := image.Size(ctx)
	must(err)
	all, err := image.Usage(ctx, containerd.WithSnapshotUsage())
	if err != nil || all != size+3 { // containerd counts only the top snapshot
		t.Errorf("usage with snapshots: %d, %v; the size alone is %d", all, err, size)
	}

	// A collection keeps the objects of an image, and removes the rest of the unpacking.
	if plan, err := node.Plan(); err != nil || len(plan.Removed) != 1 { // the index of the archive
		t.Errorf("plan %v, %v", plan.Removed, err)
	}
	if err := c.ImageService().Delete(ctx, image.Name(), images.SynchronousDelete()); err != nil {
		t.Fatal(err)
	}
	if _, err := snapshotter.Stat(ctx, kelpRoot); !errdefs.IsNotFound(err) {
		t.Errorf("snapshot of a deleted image: %v", err)
	}
}

// TestUnpackIsDeterministic checks that random names do not change the remaining state.
func TestUnpackIsDeterministic(t *testing.T) {
	a, _, _ := unpacked(t)
	b, _, _ := unpacked(t)
	if a.Hash() != b.Hash() {
		t.Error("two nodes differ after the same calls")
	}
}

func TestUnpackDetectsDamage(t *testing.T) {
	ctx := inDefault(t)
	layers := twoLayers()
	truth := []digest.Digest{digest.FromBytes(layers[0]), digest.FromBytes(layers[1])}
	for name, archive := range map[string][]byte{
		"wrong diff ID":  ociArchive("bad", layers, []digest.Digest{truth[0], digest.FromString("other")}),
		"no tar archive": ociArchive("bad", [][]byte{layers[0], bytes.Repeat([]byte("x"), 1024)}, nil),
		"cut short":      ociArchive("bad", [][]byte{layers[0], layers[1][:514]}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			node := newNode(t)
			c := connect(t, node)
			_, err := c.Import(ctx, bytes.NewReader(archive))
			must(err)
			image, err := c.GetImage(ctx, "bad")
			must(err)
			if err := image.Unpack(ctx, "overlayfs"); err == nil {
				t.Error("unpacked")
			}
			if ok, err := image.IsUnpacked(ctx, "overlayfs"); ok || err != nil {
				t.Errorf("is unpacked: %v, %v", ok, err)
			}
		})
	}
}

// TestUnpackWithoutBytes reads an image from a node that was opened from a database and has no bytes of blobs.
func TestUnpackWithoutBytes(t *testing.T) {
	first, c, image := unpacked(t)
	ctx := inDefault(t)
	must(c.SnapshotService("overlayfs").Remove(ctx, kelpRoot))
	var saved bytes.Buffer
	must(saveTo(first, &saved))
	second, err := engine.Read(&saved)
	must(err)
	defer second.Close()
	again, err := connect(t, second).GetImage(ctx, image.Name())
	must(err)
	if _, err := again.RootFS(ctx); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("configuration without known bytes: %v", err)
	}
}

func TestApply(t *testing.T) {
	_, c, _ := unpacked(t)
	ctx := inDefault(t)
	layer := twoLayers()[0]
	plain := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: digest.FromBytes(layer), Size: int64(len(layer))}
	must(content.WriteBlob(ctx, c.ContentStore(), "plain", bytes.NewReader(layer), plain))
	snapshotter := c.SnapshotService("native")
	mounts, err := snapshotter.Prepare(ctx, "a", "")
	must(err)

	var progress []int64
	got, err := c.DiffService().Apply(ctx, plain, mounts, diff.WithProgress(func(_ ocispec.Descriptor, n int64) { progress = append(progress, n) }))
	if err != nil || got.Digest != plain.Digest || got.Size != plain.Size || got.MediaType != plain.MediaType {
		t.Errorf("applied %v, %v", got, err)
	}
	if usage, err := snapshotter.Usage(ctx, "a"); err != nil || usage.Size != 12 {
		t.Errorf("usage %+v, %v", usage, err)
	}
	if !slices.Equal(progress, []int64{0, plain.Size}) {
		t.Errorf("progress %v", progress)
	}
	missing := plain
	missing.Digest = digest.FromString("missing")
	unknown := plain
	unknown.MediaType = "text/plain"
	if _, err := c.DiffService().Apply(ctx, unknown, mounts); !errors.Is(err, diff.ErrNoProcessor) {
		t.Errorf("unknown media type: %v", err)
	}
	if _, err := c.DiffService().Apply(ctx, missing, mounts); !errdefs.IsNotFound(err) {
		t.Errorf("missing layer: %v", err)
	}
	must(snapshotter.Close()) // has no effect
	must(snapshotter.Commit(ctx, "b", "a"))
	if _, err := c.DiffService().Apply(ctx, plain, mounts); !errdefs.IsInvalidArgument(err) {
		t.Errorf("mounts of a committed snapshot: %v", err)
	}
	if _, err := c.DiffService().Apply(ctx, plain, nil); !errdefs.IsInvalidArgument(err) {
		t.Errorf("no mounts: %v", err)
	}
	if _, err := c.DiffService().Compare(ctx, mounts, mounts); !errdefs.IsNotImplemented(err) {
		t.Errorf("compare: %v", err)
	}
}

func TestContainerOnAnImage(t *testing.T) {
	node, c, image := unpacked(t)
	ctx := inDefault(t)
	container, err := c.NewContainer(ctx, "web", containerd.WithNewSnapshot("web-root", image), containerd.WithNewSpec())
	if err != nil {
		t.Fatal(err)
	}
	_, err = container.Task(ctx, nil)
	if !errdefs.IsNotFound(err) {
		t.Errorf("task: %v", err)
	}
	_, err = container.NewTask(ctx, cio.NullIO)
	if !errdefs.IsNotImplemented(err) {
		t.Errorf("new task: %v", err)
	}
	// Without the image, the container keeps the snapshots.
	must(c.ImageService().Delete(ctx, image.Name(), images.SynchronousDelete()))
	if _, err := c.SnapshotService("").Stat(ctx, kelpRoot); err != nil {
		t.Errorf("snapshot of a container: %v", err)
	}
	if err := container.Delete(ctx, containerd.WithSnapshotCleanup); err != nil {
		t.Fatal(err)
	}
	must(collected(node.Collect(ctx)))
	if _, err := c.SnapshotService("").Stat(ctx, kelpRoot); !errdefs.IsNotFound(err) {
		t.Errorf("snapshot of a deleted container: %v", err)
	}
}

// The steps of containerd's "Getting started" work up to the task.
func TestGettingStarted(t *testing.T) {
	for _, test := range []struct {
		name, user string
		uid, gid   uint32
		fails      string
	}{
		{name: "no user"},
		{name: "user by number", user: "1000", uid: 1000},
		{name: "user and group by number", user: "1000:7", uid: 1000, gid: 7},
		{name: "user by name", user: "squid", fails: "etc: no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, newNode(t))
			ctx := inDefault(t)
			_, err := c.Import(ctx, bytes.NewReader(configuredArchive("kelp:latest", twoLayers(), nil, ocispec.ImageConfig{
				User: test.user, Env: []string{"DEPTH=40"}, Cmd: []string{"/greeting"}, WorkingDir: "/sea",
			})))
			must(err)
			image, err := c.GetImage(ctx, "kelp:latest")
			must(err)
			must(image.Unpack(ctx, ""))
			container, err := c.NewContainer(ctx, "web", containerd.WithImage(image),
				containerd.WithNewSnapshot("web-root", image), containerd.WithNewSpec(oci.WithImageConfig(image)))
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Fatalf("got %v, want an error about %s", err, test.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			spec, err := container.Spec(ctx)
			must(err)
			if p := spec.Process; p.User.UID != test.uid || p.User.GID != test.gid || p.Cwd != "/sea" ||
				!slices.Equal(p.Args, []string{"/greeting"}) || !slices.Contains(p.Env, "DEPTH=40") {
				t.Errorf("process %+v", p)
			}
			if _, err := container.NewTask(ctx, cio.NullIO); !errdefs.IsNotImplemented(err) || !strings.Contains(err.Error(), "runs no tasks") {
				t.Errorf("new task: %v", err)
			}
		})
	}
}

// Mounts of a node cannot be mounted by the operating system, and its manager mounts nothing else.
func TestMounts(t *testing.T) {
	_, c, _ := unpacked(t)
	ctx := inDefault(t)
	mounts, err := c.SnapshotService("").Prepare(ctx, "k", kelpRoot)
	must(err)
	if len(mounts) != 1 || mounts[0].Type != client.MountType {
		t.Fatalf("mounts: %v", mounts)
	}
	manager := c.MountManager()
	if active, err := manager.Activate(ctx, "m", mounts); err != nil || len(active.System) > 0 {
		t.Errorf("activate: %v %v", active, err)
	}
	if err := mount.All(mounts, t.TempDir()); err == nil {
		t.Error("the operating system has mounted a snapshot without files")
	}
	must(manager.Deactivate(ctx, "m"))
	if _, err := manager.Activate(ctx, "m", []mount.Mount{{Type: "bind", Source: "/"}}); !errdefs.IsNotImplemented(err) {
		t.Errorf("activate a mount of the host: %v", err)
	}
	if _, err := manager.Info(ctx, "m"); !errdefs.IsNotFound(err) {
		t.Errorf("info: %v", err)
	}
	if _, err := manager.Update(ctx, mount.ActivationInfo{Name: "m"}); !errdefs.IsNotFound(err) {
		t.Errorf("update: %v", err)
	}
	if all, err := manager.List(ctx); err != nil || len(all) > 0 {
		t.Errorf("list: %v %v", all, err)
	}
}

func collected(_ engine.Collection, err error) error { return err }

// TestPlanMatchesCollection compares the objects of the plan with the objects that the collection removes.
func TestPlanMatchesCollection(t *testing.T) {
	node, c, image := unpacked(t)
	ctx := inDefault(t)
	leased, _, err := c.WithLease(ctx, leases.WithID("l"), client.WithExpiration(node, time.Hour))
	must(err)
	_, err = c.Import(leased, bytes.NewReader(ociArchive("other", twoLayers()[:1], nil)))
	must(err)
	for _, step := range []struct {
		name string
		do   func()
	}{
		{"after an import", func() {}},
		{"after an expiry", func() { node.Clock().Advance(2 * time.Hour) }},
		{"after a delete", func() { must(c.ImageService().Delete(ctx, image.Name())) }},
	} {
		step.do()
		plan, err := node.Plan()
		must(err)
		did, err := node.Collect(ctx)
		must(err)
		var removed []string
		for _, n := range did.Removed {
			removed = append(removed, metadata.NodeName(n))
		}
		slices.Sort(removed)
		if !slices.Equal(removed, plan.Removed) {
			t.Errorf("%s: planned %q, removed %q", step.name, plan.Removed, removed)
		}
		if len(removed) == 0 {
			t.Errorf("%s: no object removed", step.name)
		}
		if again, err := node.Plan(); err != nil || len(again.Removed) != 0 {
			t.Errorf("%s: the next plan removes %q, %v", step.name, again.Removed, err)
		}
	}
}

func TestWithExpiration(t *testing.T) {
	node := newNode(t, engine.WithStart(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)))
	c := connect(t, node)
	ctx := inDefault(t)
	held, _, err := c.WithLease(ctx, leases.WithRandomID(), client.WithExpiration(node, time.Hour))
	must(err)
	lost, _, err := c.WithLease(ctx) // expires by the host's clock, which is far behind the node's
	must(err)
	for ctx, data := range map[context.Context]string{held: "held", lost: "lost"} {
		_, err := write(ctx, c, data, data, digest.FromString(data))
		must(err)
	}
	must(collected(node.Collect(ctx)))
	if _, err := c.ContentStore().Info(ctx, digest.FromString("held")); err != nil {
		t.Errorf("leased: %v", err)
	}
	if _, err := c.ContentStore().Info(ctx, digest.FromString("lost")); !errdefs.IsNotFound(err) {
		t.Errorf("under an expired lease: %v", err)
	}
	node.Clock().Advance(time.Hour + time.Second)
	must(collected(node.Collect(ctx)))
	if _, err := c.ContentStore().Info(ctx, digest.FromString("held")); !errdefs.IsNotFound(err) {
		t.Errorf("after its expiry: %v", err)
	}
}

// TestSynchronousDelete deletes an image on nodes with different schedules.
func TestSynchronousDelete(t *testing.T) {
	for name, option := range map[string]engine.Option{
		"none":       engine.WithoutSchedule(),
		"containerd": engine.WithSettings(schedule.Defaults()),
		"never":      engine.WithSchedule(func(time.Time) schedule.Policy { return schedule.NewNever() }),
	} {
		t.Run(name, func(t *testing.T) {
			node := newNode(t, option)
			c := connect(t, node)
			ctx := inDefault(t)
			_, err := c.Import(ctx, bytes.NewReader(kelp))
			must(err)
			must(c.ImageService().Delete(ctx, "kelp:latest", images.SynchronousDelete()))
			if left, err := blobs(ctx, c); err != nil || left.([]string) != nil {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

// TestSynctest advances the client's clock and the node's clock together, and checks that two runs are equal.
func TestSynctest(t *testing.T) {
	run := func() (hash engine.Hash) {
		synctest.Test(t, func(t *testing.T) {
			node, err := engine.New(engine.WithStart(time.Now()))
			must(err)
			c, err := client.New(node)
			must(err)
			defer c.Close()
			ctx := inDefault(t)
			pass := func(d time.Duration) {
				time.Sleep(d)
				node.Clock().Advance(d)
				must(collected(node.Collect(ctx)))
			}
			pass(48 * time.Hour)
			leased, _, err := c.WithLease(ctx)
			must(err)
			_, err = write(leased, c, "ref", "held", digest.FromString("held"))
			must(err)
			pass(23 * time.Hour)
			if _, err := c.ContentStore().Info(ctx, digest.FromString("held")); err != nil {
				t.Errorf("after 23 hours: %v", err)
			}
			pass(2 * time.Hour)
			if _, err := c.ContentStore().Info(ctx, digest.FromString("held")); !errdefs.IsNotFound(err) {
				t.Errorf("after 25 hours: %v", err)
			}
			_, err = c.Import(ctx, bytes.NewReader(kelp))
			must(err)
			hash = node.Hash()
		})
		return hash
	}
	if first, second := run(), run(); first != second {
		t.Error("two runs differ")
	}
}

func TestClientSurvivesACrash(t *testing.T) {
	node, c, image := unpacked(t)
	ctx := inDefault(t)
	w, err := c.ContentStore().Writer(ctx, content.WithRef("ref"))
	must(err)
	node.Kill()
	if _, err := c.GetImage(ctx, image.Name()); !errdefs.IsUnavailable(err) {
		t.Errorf("while the node is down: %v", err)
	}
	must(node.Restart())
	if _, err := c.GetImage(ctx, image.Name()); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if _, err := c.SnapshotService("overlayfs").Stat(ctx, kelpRoot); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errdefs.IsUnavailable(err) {
		t.Errorf("writer of the dead daemon: %v", err)
	}
}

func TestDefaultNamespace(t *testing.T) {
	node := newNode(t)
	c := connect(t, node, containerd.WithDefaultNamespace("team"))
	_, err := c.Import(t.Context(), bytes.NewReader(kelp))
	must(err)
	image, err := c.GetImage(t.Context(), "kelp:latest")
	must(err)
	if err := image.Unpack(t.Context(), "native"); err != nil {
		t.Error(err)
	}
	for ctx, want := range map[context.Context]int{
		t.Context(): 1, namespaces.WithNamespace(t.Context(), "team"): 1, inDefault(t): 0,
	} {
		if got, err := c.ListImages(ctx); err != nil || len(got) != want {
			t.Errorf("%d images, %v; want %d", len(got), err, want)
		}
	}
	if all, err := c.NamespaceService().List(t.Context()); err != nil || !slices.Equal(all, []string{"team"}) {
		t.Errorf("namespaces %q, %v", all, err)
	}
	if err := c.EventService().Publish(t.Context(), "/a", &ocispec.Platform{}); err != nil {
		t.Errorf("publish: %v", err)
	}
}

func TestSubscribe(t *testing.T) {
	node, c, image := unpacked(t)
	ctx, cancel := context.WithCancel(inDefault(t))
	received, ended := c.Subscribe(ctx, `topic=="/images/delete"`, `topic~="/snapshot/",namespace==default`, endFilter)
	idle, _ := c.Subscribe(ctx) // a subscriber that never receives does not delay others
	must(second(c.ImageService().Create(ctx, images.Image{Name: "x", Target: image.Target()})))
	node.Clock().Advance(time.Minute)
	must(c.ImageService().Delete(ctx, "x"))
	must(c.ImageService().Delete(ctx, image.Name(), images.SynchronousDelete()))
	want := []string{"/images/delete", "/images/delete", "/snapshot/remove", "/snapshot/remove"}
	var got []string
	for _, e := range untilEnd(ctx, c, received) {
		got = append(got, e.Topic)
		if e.Namespace != "default" || !e.Timestamp.Equal(node.Clock().Now()) {
			t.Errorf("namespace or time of %+v", e)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("canceled: %v", err)
	}
	_ = idle

	timed, stop := context.WithDeadline(inDefault(t), time.Unix(0, 0))
	defer stop()
	_, ended = c.Subscribe(timed)
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("timed out: %v", err)
	}
	_, ended = c.Subscribe(ctx, "topic==")
	if err := <-ended; !errdefs.IsInvalidArgument(err) {
		t.Errorf("invalid filter: %v", err)
	}
}

// TestMissingServices calls services that a node lacks. They return errors and never panic.
func TestMissingServices(t *testing.T) {
	c := connect(t, newNode(t))
	ctx := inDefault(t)
	for name, err := range map[string]error{
		"sandbox controller": c.SandboxController("podsandbox").Stop(ctx, "pod"),
		"transfer":           c.TransferService().Transfer(ctx, &ocispec.Platform{}, &ocispec.Platform{}),
		"runtime":            second(c.RuntimeInfo(ctx, "", nil)),
		"sandbox":            second(c.NewSandbox(ctx, "pod", containerd.WithSandboxRuntime("runc", nil))),
	} {
		if !errdefs.IsNotImplemented(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Reconnect(); !errdefs.IsUnavailable(err) {
		t.Errorf("reconnect: %v", err)
	}
	if all, err := c.TaskService().List(ctx, &tasks.ListTasksRequest{}); err != nil || len(all.Tasks) != 0 {
		t.Errorf("tasks: %v, %v", all, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestIntrospection(t *testing.T) {
	c := connect(t, newNode(t, engine.WithSnapshotters("native", "stargz")))
	ctx := inDefault(t)
	if ok, err := c.IsServing(ctx); !ok || err != nil {
		t.Errorf("serving: %v, %v", ok, err)
	}
	if v, err := c.Version(ctx); err != nil || v.Version == "" {
		t.Errorf("version: %v, %v", v, err)
	}
	if s, err := c.Server(ctx); err != nil || s.UUID == "" {
		t.Errorf("server: %v, %v", s, err)
	}
	for name, known := range map[string]bool{"native": true, "stargz": true, "overlayfs": false} {
		matcher, err := c.GetSnapshotterSupportedPlatforms(ctx, name)
		if (err == nil) != known || known && !matcher.Match(platforms.MustParse("linux/amd64")) {
			t.Errorf("%s: %v, %v", name, matcher, err)
		}
	}
	if _, err := c.IntrospectionService().Plugins(ctx, "type=="); !errdefs.IsInvalidArgument(err) {
		t.Errorf("invalid filter: %v", err)
	}
	if c.SnapshotService("overlayfs") != nil {
		t.Error("SnapshotService returns a snapshotter that the node lacks")
	}
}

// fakeTasks is a task service that refuses every request.
type fakeTasks struct{ tasks.TasksClient }

func (fakeTasks) Get(context.Context, *tasks.GetRequest, ...grpc.CallOption) (*tasks.GetResponse, error) {
	return nil, errdefs.ErrPermissionDenied
}

func TestServices(t *testing.T) {
	node := newNode(t)
	c := connect(t, node, containerd.WithServices(append(client.Services(node), containerd.WithTaskClient(fakeTasks{}))...))
	ctx := inDefault(t)
	_, err := c.Import(ctx, bytes.NewReader(kelp))
	must(err)
	if _, err := c.TaskService().Get(ctx, nil); !errdefs.IsPermissionDenied(err) {
		t.Errorf("the fake service does not answer: %v", err)
	}
}

// TestConcurrentUse uses one client from several goroutines, for the race detector.
func TestConcurrentUse(t *testing.T) {
	node := newNode(t)
	c := connect(t, node)
	ctx := inDefault(t)
	received, _ := c.Subscribe(ctx, `topic=="/images/create"`, endFilter)
	var all sync.WaitGroup
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		all.Go(func() {
			if _, err := c.Import(ctx, bytes.NewReader(ociArchive(name, twoLayers(), nil))); err != nil {
				t.Error(err)
				return
			}
			image, err := c.GetImage(ctx, name)
			if err == nil {
				err = image.Unpack(ctx, "native")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := untilEnd(ctx, c, received); len(got) != len(names) {
		t.Errorf("received events of %d images, want %d", len(got), len(names))
	}
	if got, err := c.ListImages(ctx); err != nil || len(got) != len(names) {
		t.Errorf("%d images, %v", len(got), err)
	}
}

func saveTo(node *engine.Engine, w io.Writer) error {
	return node.KV().View(func(tx *memkv.Tx) error { return tx.Copy(w) })
}
