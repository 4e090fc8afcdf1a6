//go:build !wasm

package server_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	leasesapi "github.com/containerd/containerd/api/services/leases/v1"
	"github.com/containerd/containerd/api/services/tasks/v1"
	transferapi "github.com/containerd/containerd/api/services/transfer/v1"
	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/images"
	imagearchive "github.com/containerd/containerd/v2/core/images/archive"
	"github.com/containerd/containerd/v2/core/leases"
	streamproxy "github.com/containerd/containerd/v2/core/streaming/proxy"
	"github.com/containerd/containerd/v2/core/transfer/archive"
	"github.com/containerd/containerd/v2/core/transfer/image"
	transferproxy "github.com/containerd/containerd/v2/core/transfer/proxy"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/server"
)

var inDefault = namespaces.WithNamespace(context.Background(), "default")

// serve starts a server of a new node.
func serve(t testing.TB, opts ...server.Option) *server.Server {
	t.Helper()
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Listen(node, "", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// dial returns a client of a server.
func dial(t testing.TB, s *server.Server) *containerd.Client {
	t.Helper()
	c, err := containerd.New(s.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestTransfer imports an image by a transfer: its archive goes through a stream, its layers become snapshots with the
// sizes of their files, and its lease does not remain.
func TestTransfer(t *testing.T) {
	s := serve(t)
	c := dial(t, s)
	app := newLayout(t, "first", "second layer")
	linux := platforms.MustParse("linux/amd64")
	to := image.NewStore("", image.WithNamedPrefix("docker.io/library/app", true), image.WithUnpack(linux, "overlayfs"))
	if err := c.Transfer(inDefault, archive.NewImageImportStream(bytes.NewReader(app.archive), ""), to); err != nil {
		t.Fatal(err)
	}
	found, err := c.ListImages(inDefault)
	if err != nil || len(found) != 1 || found[0].Name() != "docker.io/library/app:1" {
		t.Fatal(found, err)
	}
	if size, err := found[0].Usage(inDefault, containerd.WithSnapshotUsage(), containerd.WithUsageManifestLimit(1)); err != nil || size < 17 {
		t.Errorf("the image and its snapshots have %d bytes (%v), their files alone have 17", size, err)
	}
	if unpacked, err := found[0].IsUnpacked(inDefault, "overlayfs"); err != nil || !unpacked {
		t.Error("not unpacked", err)
	}
	if left, err := c.LeasesService().List(inDefault); err != nil || len(left) > 0 {
		t.Error("leases remain:", left, err)
	}
	var exported bytes.Buffer
	if err := c.Export(inDefault, &exported, imagearchive.WithImage(c.ImageService(), found[0].Name())); err != nil || exported.Len() < 1000 {
		t.Error(exported.Len(), err)
	}
}

// TestTransferInTheFuture imports while the clock of the node is years ahead of the host, with a client that creates no
// lease. The server's lease must protect the blobs from collections.
func TestTransferInTheFuture(t *testing.T) {
	s := serve(t)
	c := dial(t, s)
	s.Node().Clock().Advance(100 * 365 * 24 * time.Hour)
	stop := s.Node().Watch(func(e engine.Event) {
		if e.Topic == "/content/create" {
			go func() { _, _ = s.Node().Collect(context.Background()) }()
		}
	})
	defer stop()
	to := image.NewStore("", image.WithNamedPrefix("docker.io/library/app", true), image.WithUnpack(platforms.MustParse("linux/amd64"), "overlayfs"))
	conn := c.Conn().(grpc.ClientConnInterface)
	transfers := transferproxy.NewTransferrer(transferapi.NewTransferClient(conn), streamproxy.NewStreamCreator(conn))
	for range 10 {
		app := newLayout(t, "first", "second")
		if err := transfers.Transfer(inDefault, archive.NewImageImportStream(bytes.NewReader(app.archive), ""), to); err != nil {
			t.Fatal(err)
		}
		if err := c.ImageService().Delete(inDefault, "docker.io/library/app:1", images.SynchronousDelete()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestErrors checks that the class of an error passes the socket.
func TestErrors(t *testing.T) {
	c := dial(t, serve(t))
	target := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("a"), Size: 1}
	if _, err := c.ImageService().Create(inDefault, images.Image{Name: "a", Target: target}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		call func() error
		is   func(error) bool
	}{
		"absent image": {func() error { _, err := c.GetImage(inDefault, "absent"); return err }, errdefs.IsNotFound},
		"second image": {func() error {
			_, err := c.ImageService().Create(inDefault, images.Image{Name: "a", Target: target})
			return err
		}, errdefs.IsAlreadyExists},
		"no namespace":   {func() error { _, err := c.ImageService().List(context.Background()); return err }, errdefs.IsFailedPrecondition},
		"image name":     {func() error { _, err := c.ImageService().Create(inDefault, images.Image{}); return err }, errdefs.IsInvalidArgument},
		"filter":         {func() error { _, err := c.ImageService().List(inDefault, "bad=="); return err }, errdefs.IsInvalidArgument},
		"container":      {func() error { _, err := c.ContainerService().Get(inDefault, "absent"); return err }, errdefs.IsNotFound},
		"container ID":   {func() error { _, err := c.ContainerService().Update(inDefault, containers.Container{}); return err }, errdefs.IsInvalidArgument},
		"lease":          {func() error { return c.LeasesService().Delete(inDefault, leases.Lease{ID: "absent"}) }, errdefs.IsNotFound},
		"snapshotter":    {func() error { _, err := c.SnapshotService("absent").Stat(inDefault, "a"); return err }, errdefs.IsInvalidArgument},
		"full namespace": {func() error { return c.NamespaceService().Delete(inDefault, "default") }, errdefs.IsFailedPrecondition},
		"task": {func() error {
			_, err := c.TaskService().Get(inDefault, &tasks.GetRequest{ContainerID: "a"})
			return err
		}, isStatus(codes.NotFound)},
		"creation of one": {func() error {
			_, err := c.TaskService().Create(inDefault, &tasks.CreateTaskRequest{ContainerID: "a"})
			return err
		}, isStatus(codes.Unimplemented)},
	} {
		t.Run(name, func(t *testing.T) {
			if err := test.call(); !test.is(err) {
				t.Errorf("unexpected class of the error %q", err)
			}
		})
	}
	if running, err := c.TaskService().List(inDefault, &tasks.ListTasksRequest{}); err != nil || len(running.Tasks) > 0 {
		t.Error(running, err)
	}
}

func isStatus(code codes.Code) func(error) bool {
	return func(err error) bool { return status.Code(err) == code }
}

// TestNamespaceLabels updates labels with and without a mask: one event each, and a key without a value is deleted.
func TestNamespaceLabels(t *testing.T) {
	s := serve(t)
	c := dial(t, s)
	if err := c.NamespaceService().Create(inDefault, "ci", map[string]string{"a": "1", "b": "2"}); err != nil {
		t.Fatal(err)
	}
	if err := c.NamespaceService().SetLabel(inDefault, "ci", "a", ""); err != nil {
		t.Fatal(err)
	}
	if labels, err := c.NamespaceService().Labels(inDefault, "ci"); err != nil || len(labels) != 1 || labels["b"] != "2" {
		t.Error(labels, err)
	}
	var topics []string
	for _, e := range s.Node().Events() {
		topics = append(topics, e.Topic)
	}
	if want := []string{"/namespaces/create", "/namespaces/update"}; !slices.Equal(topics, want) {
		t.Errorf("events %v, want %v", topics, want)
	}
}

// TestClockFollows checks a clock that follows the host's: calls see the time, the schedule collects, and a step of the
// control service remains.
func TestClockFollows(t *testing.T) {
	start := engine.Start.Add(time.Hour)
	var seconds atomic.Int64
	s := serve(t, server.WithClock(func() time.Time { return start.Add(time.Duration(seconds.Load()) * time.Second) }))
	c := dial(t, s)
	lease, err := c.LeasesService().Create(inDefault, leases.WithID("a"))
	if err != nil || !lease.CreatedAt.Equal(start) {
		t.Fatal(lease, err)
	}

	ctx, cancel := context.WithTimeout(inDefault, time.Minute)
	defer cancel()
	if _, err := c.SnapshotService("overlayfs").Prepare(inDefault, "garbage", ""); err != nil {
		t.Fatal(err)
	}
	if err := c.LeasesService().Delete(inDefault, lease); err != nil { // a deletion makes the schedule collect
		t.Fatal(err)
	}
	for {
		_, err := c.SnapshotService("overlayfs").Stat(ctx, "garbage")
		if errdefs.IsNotFound(err) {
			break
		} else if err != nil {
			t.Fatal("the schedule removes no garbage:", err)
		}
		seconds.Add(1)
	}

	result, err := server.NewControl(s.Address()).Apply(ctx, engine.Op{Name: "schedule.pass", Args: pass(time.Hour)})
	if err != nil || result.Error != "" {
		t.Fatal(result, err)
	}
	later, err := c.LeasesService().Create(inDefault, leases.WithID("b"))
	if err != nil || later.CreatedAt.Before(start.Add(time.Hour)) {
		t.Error(later, err)
	}
}

func TestAddresses(t *testing.T) {
	node, err := engine.New()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "socket")
	s, err := server.Listen(node, "unix://"+path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	if _, err := server.Listen(node, path); err == nil || !strings.Contains(err.Error(), "another server uses this socket") {
		t.Error("a used socket:", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("Close leaves the socket")
	}

	// A server that was killed leaves its socket.
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	if s, err = server.Listen(node, path); err != nil {
		t.Error("a stale socket:", err)
	} else {
		s.Close()
	}

	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Listen(node, path); err == nil || !strings.Contains(err.Error(), "is no socket") {
		t.Error("a file:", err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "precious" {
		t.Error("Listen changed a file:", data, err)
	}

	for _, address := range []string{"tcp://0.0.0.0:0", "tcp://:0", "tcp://example.com:0", "tcp://127.0.0.1"} {
		if _, err := server.Listen(node, address); err == nil {
			t.Errorf("%s is accepted", address)
		}
	}
	if s, err = server.Listen(node, "tcp://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := imagesapi.NewImagesClient(connect(t, s)).List(inDefault, &imagesapi.ListImagesRequest{}); err != nil {
		t.Error("a call over TCP:", err)
	}
}

// TestPanic sends a request that the daemon's code does not expect. It must not end the server.
func TestPanic(t *testing.T) {
	c := dial(t, serve(t))
	_, err := leasesapi.NewLeasesClient(c.Conn().(grpc.ClientConnInterface)).AddResource(inDefault, &leasesapi.AddResourceRequest{ID: "a"})
	if status.Code(err) != codes.InvalidArgument {
		t.Error(err)
	}
	if _, err := c.Version(inDefault); err != nil {
		t.Error(err)
	}
}

// TestCloseEndsCalls closes a server while a client subscribes.
func TestCloseEndsCalls(t *testing.T) {
	s := serve(t)
	c := dial(t, s)
	_, errs := c.Subscribe(inDefault)
	if _, err := c.Version(inDefault); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-errs; err == nil {
		t.Error("the subscription ends without an error")
	}
	if _, err := s.Node().Images().List(inDefault); err != nil {
		t.Error("the node has ended, too:", err)
	}
}
