//go:build !wasm

package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/containerd/errdefs"
	"github.com/containerd/typeurl/v2"
	digest "github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/identity"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/client"
)

// A call is one use of a client. Its result contains everything that a caller can observe.
type call struct {
	name string
	do   func(context.Context, *containerd.Client) (any, error)
}

// TestParityWithDaemon makes the same calls on a node and on containerd's own services. It compares their results, the
// classes of their errors, and the published events.
func TestParityWithDaemon(t *testing.T) {
	node := newNode(t, engine.WithStart(time.Now()))
	ours, err := client.New(node)
	must(err)
	defer ours.Close()
	theirs, collectTheirs := daemon(t)
	collectOurs := func(ctx context.Context) error { _, err := node.Collect(ctx); return err }

	a, b := history(t, theirs, collectTheirs), history(t, ours, collectOurs)
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Errorf("containerd: %s\nthe node:   %s", at(a, i), at(b, i))
		}
	}
	if published := len(a) - len(calls); published < 20 {
		t.Errorf("only %d events", published)
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// history makes all calls. It returns a line for each call and for each event.
func history(t *testing.T, c *containerd.Client, collect func(context.Context) error) (lines []string) {
	ctx, cancel := context.WithCancel(namespaces.WithNamespace(t.Context(), "default"))
	defer cancel()
	received, _ := c.Subscribe(ctx)
	for _, call := range calls {
		v, err := call.do(ctx, c)
		lines = append(lines, fmt.Sprintf("%s: %s, %s", call.name, shown(v), class(err)))
		must(collect(ctx))
	}
	for _, e := range untilEnd(ctx, c, received) {
		v, err := typeurl.UnmarshalAny(e.Event)
		must(err)
		lines = append(lines, fmt.Sprintf("event %s %s %s", e.Namespace, e.Topic, shown(v)))
	}
	return lines
}

// endFilter matches the event that stops untilEnd.
const endFilter = `topic=="/end"`

// untilEnd returns the events that a subscriber received so far.
func untilEnd(ctx context.Context, c *containerd.Client, received <-chan *events.Envelope) (all []*events.Envelope) {
	must(c.EventService().Publish(ctx, "/end", &ocispec.Platform{}))
	for e := range received {
		if e.Topic == "/end" {
			break
		}
		all = append(all, e)
	}
	return all
}

// volatile matches the times and the random names in a result, and the type of a mount: see client.MountType.
var volatile = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]*"|"Type":"[^"]*","Source":"[^"]*"`)

func shown(v any) string {
	if v == nil || reflect.ValueOf(v).IsZero() {
		return "nothing"
	}
	data, err := json.Marshal(v)
	must(err)
	return volatile.ReplaceAllString(string(data), `"?"`)
}

// class names the class of an error.
func class(err error) string {
	if err == nil {
		return "no error"
	}
	for _, class := range []error{
		errdefs.ErrNotFound, errdefs.ErrAlreadyExists, errdefs.ErrInvalidArgument, errdefs.ErrFailedPrecondition,
		errdefs.ErrNotImplemented, errdefs.ErrUnavailable, context.Canceled,
	} {
		if errors.Is(err, class) {
			return class.Error()
		}
	}
	return "unknown: " + err.Error()
}

func ok(err error) (any, error) { return nil, err }

// kelp is the image of the calls, and kelpRoot the name of its snapshot.
var (
	kelp     = ociArchive("kelp:latest", twoLayers(), nil)
	kelpRoot = identity.ChainID([]digest.Digest{digest.FromBytes(twoLayers()[0]), digest.FromBytes(twoLayers()[1])}).String()
)

func onImage(do func(context.Context, containerd.Image) (any, error)) func(context.Context, *containerd.Client) (any, error) {
	return func(ctx context.Context, c *containerd.Client) (any, error) {
		image, err := c.GetImage(ctx, "kelp:latest")
		if err != nil {
			return nil, err
		}
		return do(ctx, image)
	}
}

func onContainer(do func(context.Context, containerd.Container) (any, error)) func(context.Context, *containerd.Client) (any, error) {
	return func(ctx context.Context, c *containerd.Client) (any, error) {
		container, err := c.LoadContainer(ctx, "web")
		if err != nil {
			return nil, err
		}
		return do(ctx, container)
	}
}

func newContainer(ctx context.Context, c *containerd.Client) (any, error) {
	image, err := c.GetImage(ctx, "kelp:latest")
	if err != nil {
		return nil, err
	}
	_, err = c.NewContainer(ctx, "web",
		containerd.WithSnapshotter("native"),
		containerd.WithNewSnapshot("web-root", image),
		containerd.WithNewSpec(oci.WithHostname("web")),
		containerd.WithContainerLabels(map[string]string{"tier": "front"}))
	return nil, err
}

func names(found []containerd.Image, err error) (any, error) {
	var all []string
	for _, image := range found {
		all = append(all, image.Name())
	}
	slices.Sort(all)
	return all, err
}

func blobs(ctx context.Context, c *containerd.Client, filters ...string) (any, error) {
	var all []string
	err := c.ContentStore().Walk(ctx, func(info content.Info) error {
		all = append(all, fmt.Sprint(info.Digest, info.Size, info.Labels))
		return nil
	}, filters...)
	slices.Sort(all)
	return all, err
}

// write ingests data under a digest that may be wrong.
func write(ctx context.Context, c *containerd.Client, ref, data string, expected digest.Digest, opts ...content.Opt) (any, error) {
	desc := ocispec.Descriptor{Digest: expected, Size: int64(len(data))}
	return nil, content.WriteBlob(ctx, c.ContentStore(), ref, strings.NewReader(data), desc, opts...)
}

var calls = []call{
	{"create a namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().Create(ctx, "team", map[string]string{"owner": "ann"}))
	}},
	{"create the namespace again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().Create(ctx, "team", nil))
	}},
	{"create a namespace with an invalid name", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().Create(ctx, "not a name", nil))
	}},
	{"label the namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().SetLabel(ctx, "team", "owner", "bob"))
	}},
	{"labels of the namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.NamespaceService().Labels(ctx, "team")
	}},
	{"label a missing namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().SetLabel(ctx, "none", "owner", "bob"))
	}},
	{"labels of a missing namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.NamespaceService().Labels(ctx, "none")
	}},
	{"list without a namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.ListImages(context.Background())
	}},
	{"import", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.Import(ctx, bytes.NewReader(kelp), containerd.WithImageLabels(map[string]string{"a": "b"}))
	}},
	{"import again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.Import(ctx, bytes.NewReader(kelp))
	}},
	{"import data that is not an archive", func(ctx context.Context, c *containerd.Client) (any, error) {
		_, err := c.Import(ctx, strings.NewReader(""))
		return err == nil, nil
	}},
	{"list images", func(ctx context.Context, c *containerd.Client) (any, error) { return names(c.ListImages(ctx)) }},
	{"list by name", func(ctx context.Context, c *containerd.Client) (any, error) {
		return names(c.ListImages(ctx, "name==other", "name~=kelp"))
	}},
	{"list by label", func(ctx context.Context, c *containerd.Client) (any, error) {
		return names(c.ListImages(ctx, "labels.a==c"))
	}},
	{"list with an invalid filter", func(ctx context.Context, c *containerd.Client) (any, error) {
		return names(c.ListImages(ctx, "name=="))
	}},
	{"list another namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return names(c.ListImages(namespaces.WithNamespace(ctx, "team")))
	}},
	{"get a missing image", func(ctx context.Context, c *containerd.Client) (any, error) { return c.GetImage(ctx, "none") }},
	{"create an image without a name", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.ImageService().Create(ctx, images.Image{})
	}},
	{"update an unknown field", onImageStore(func(ctx context.Context, s images.Store) (any, error) {
		return s.Update(ctx, images.Image{Name: "kelp:latest"}, "nonsense")
	})},
	{"metadata", onImage(func(_ context.Context, i containerd.Image) (any, error) { return i.Metadata(), nil })},
	{"size", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.Size(ctx) })},
	{"usage", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.Usage(ctx) })},
	{"rootfs", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.RootFS(ctx) })},
	{"config", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.Config(ctx) })},
	{"spec", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.Spec(ctx) })},
	{"is the image unpacked?", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.IsUnpacked(ctx, "native") })},
	{"is the image unpacked in a missing snapshotter?", onImage(func(ctx context.Context, i containerd.Image) (any, error) { return i.IsUnpacked(ctx, "none") })},
	{"blobs", func(ctx context.Context, c *containerd.Client) (any, error) { return blobs(ctx, c) }},
	{"export", func(ctx context.Context, c *containerd.Client) (any, error) {
		var b bytes.Buffer
		err := c.Export(ctx, &b)
		return b.Len(), err
	}},

	{"write a blob without a lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return write(ctx, c, "ref", "loose", digest.FromString("loose"))
	}},
	{"info of the collected blob", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.ContentStore().Info(ctx, digest.FromString("loose"))
	}},
	{"write a blob with a wrong digest", func(ctx context.Context, c *containerd.Client) (any, error) {
		return write(ctx, c, "ref", "loose", digest.FromString("other"))
	}},
	{"number of ingests", func(ctx context.Context, c *containerd.Client) (any, error) {
		all, err := c.ContentStore().ListStatuses(ctx)
		return len(all), err
	}},
	{"status of the ingest", func(ctx context.Context, c *containerd.Client) (any, error) {
		status, err := c.ContentStore().Status(ctx, "ref")
		return status.Offset, err
	}},
	{"abort", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.ContentStore().Abort(ctx, "ref"))
	}},
	{"abort again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.ContentStore().Abort(ctx, "ref"))
	}},
	{"write a blob with a root label", func(ctx context.Context, c *containerd.Client) (any, error) {
		return write(ctx, c, "ref", "loose", digest.FromString("loose"), content.WithLabels(map[string]string{"containerd.io/gc.root": "yes"}))
	}},
	{"read the blob", func(ctx context.Context, c *containerd.Client) (any, error) {
		data, err := content.ReadBlob(ctx, c.ContentStore(), ocispec.Descriptor{Digest: digest.FromString("loose"), Size: 5})
		return string(data), err
	}},
	{"read the blob in another namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return content.ReadBlob(namespaces.WithNamespace(ctx, "team"), c.ContentStore(), ocispec.Descriptor{Digest: digest.FromString("loose"), Size: 5})
	}},
	{"copy the blob to another namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		from, err := c.ContentStore().ReaderAt(ctx, ocispec.Descriptor{Digest: digest.FromString("loose")})
		if err != nil {
			return nil, err
		}
		defer from.Close()
		there := namespaces.WithNamespace(ctx, "team")
		w, err := content.OpenWriter(there, c.ContentStore(), content.WithRef("copy"))
		if err != nil {
			return nil, err
		}
		return ok(content.Copy(there, w, io.NewSectionReader(from, 0, from.Size()), 5, digest.FromString("loose"),
			content.WithLabels(map[string]string{"containerd.io/gc.root": "yes"})))
	}},
	{"delete a namespace in use", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().Delete(ctx, "team"))
	}},
	{"delete the copy", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.ContentStore().Delete(namespaces.WithNamespace(ctx, "team"), digest.FromString("loose")))
	}},
	{"remove the root label of the blob", func(ctx context.Context, c *containerd.Client) (any, error) {
		_, err := c.ContentStore().Update(ctx, content.Info{Digest: digest.FromString("loose")}, "labels.containerd.io/gc.root")
		return nil, err
	}},
	{"info of the unreferenced blob", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.ContentStore().Info(ctx, digest.FromString("loose"))
	}},

	{"create a lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.LeasesService().Create(ctx, leases.WithID("l"), leases.WithLabel("a", "b"))
	}},
	{"create the lease again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.LeasesService().Create(ctx, leases.WithID("l"))
	}},
	{"write under the lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return write(leases.WithLease(ctx, "l"), c, "ref", "held", digest.FromString("held"))
	}},
	{"write under a missing lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return write(leases.WithLease(ctx, "none"), c, "ref", "more", digest.FromString("more"))
	}},
	{"WithLease in a lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		in, done, err := c.WithLease(leases.WithLease(ctx, "l"))
		must(err)
		id, _ := leases.FromContext(in)
		return id, done(in)
	}},
	{"resources of the lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.LeasesService().ListResources(ctx, leases.Lease{ID: "l"})
	}},
	{"add a resource of an unknown type", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.LeasesService().AddResource(ctx, leases.Lease{ID: "l"}, leases.Resource{ID: "a", Type: "nonsense"}))
	}},
	{"add a snapshot to the lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.LeasesService().AddResource(ctx, leases.Lease{ID: "l"}, leases.Resource{ID: "a", Type: "snapshots/native"}))
	}},
	{"remove the snapshot from the lease", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.LeasesService().DeleteResource(ctx, leases.Lease{ID: "l"}, leases.Resource{ID: "a", Type: "snapshots/native"}))
	}},
	{"list leases", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.LeasesService().List(ctx, "labels.a==b")
	}},
	{"delete the lease, and wait", func(ctx context.Context, c *containerd.Client) (any, error) {
		if err := c.LeasesService().Delete(ctx, leases.Lease{ID: "l"}, leases.SynchronousDelete); err != nil {
			return nil, err
		}
		return c.ContentStore().Info(ctx, digest.FromString("held"))
	}},
	{"delete the lease again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.LeasesService().Delete(ctx, leases.Lease{ID: "l"}))
	}},

	{"a container with a missing snapshot", newContainer},
	{"prepare", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SnapshotService("native").Prepare(ctx, "unpacking", "", snapshots.WithLabels(map[string]string{"containerd.io/gc.root": "yes"}))
	}},
	{"prepare again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SnapshotService("native").Prepare(ctx, "unpacking", "")
	}},
	{"commit", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.SnapshotService("native").Commit(ctx, kelpRoot, "unpacking", snapshots.WithLabels(map[string]string{"containerd.io/gc.root": "yes"})))
	}},
	{"stat", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SnapshotService("native").Stat(ctx, kelpRoot)
	}},
	{"label the snapshot", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SnapshotService("native").Update(ctx, snapshots.Info{Name: kelpRoot, Labels: map[string]string{"a": "b"}}, "labels.a")
	}},
	{"view", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SnapshotService("native").View(ctx, "looking", kelpRoot)
	}},
	{"clean up", func(ctx context.Context, c *containerd.Client) (any, error) {
		cleaner, can := c.SnapshotService("native").(snapshots.Cleaner)
		if !can { // as containerd's snapshot service does
			return nil, errdefs.ErrNotImplemented
		}
		return ok(cleaner.Cleanup(ctx))
	}},
	{"mounts of a committed snapshot", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SnapshotService("native").Mounts(ctx, kelpRoot)
	}},
	{"create a container", newContainer},
	{"create the container again", newContainer},
	{"create a container without a runtime", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.ContainerService().Create(ctx, containers.Container{ID: "bad"})
	}},
	{"load a missing container", func(ctx context.Context, c *containerd.Client) (any, error) { return c.LoadContainer(ctx, "none") }},
	{"info", onContainer(func(ctx context.Context, c containerd.Container) (any, error) { return c.Info(ctx) })},
	{"spec of the container", onContainer(func(ctx context.Context, c containerd.Container) (any, error) { return c.Spec(ctx) })},
	{"image of the container", onContainer(func(ctx context.Context, c containerd.Container) (any, error) {
		image, err := c.Image(ctx)
		return image.Name(), err
	})},
	{"label the container", onContainer(func(ctx context.Context, c containerd.Container) (any, error) {
		return c.SetLabels(ctx, map[string]string{"tier": "back"})
	})},
	{"list containers by label", func(ctx context.Context, c *containerd.Client) (any, error) {
		all, err := c.Containers(ctx, "labels.tier==back")
		return len(all), err
	}},
	{"update an unknown field", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.ContainerService().Update(ctx, containers.Container{ID: "web"}, "nonsense")
	}},
	{"snapshots", func(ctx context.Context, c *containerd.Client) (any, error) {
		var all []string
		err := c.SnapshotService("native").Walk(ctx, func(_ context.Context, info snapshots.Info) error {
			all = append(all, fmt.Sprint(info.Kind, info.Name, info.Parent, info.Labels))
			return nil
		})
		return all, err
	}},
	{"remove a parent", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.SnapshotService("native").Remove(ctx, kelpRoot))
	}},
	{"delete the container and its snapshot", func(ctx context.Context, c *containerd.Client) (any, error) {
		record, err := c.ContainerService().Get(ctx, "web")
		if err != nil {
			return nil, err
		}
		if err := containerd.WithSnapshotCleanup(ctx, c, record); err != nil {
			return nil, err
		}
		return ok(c.ContainerService().Delete(ctx, "web"))
	}},
	{"delete the container again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.ContainerService().Delete(ctx, "web"))
	}},

	{"create a sandbox", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SandboxStore().Create(ctx, sandbox.Sandbox{ID: "pod", Sandboxer: "podsandbox", Runtime: sandbox.RuntimeOpts{Name: "runc"}})
	}},
	{"create the sandbox again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SandboxStore().Create(ctx, sandbox.Sandbox{ID: "pod", Runtime: sandbox.RuntimeOpts{Name: "runc"}})
	}},
	{"load the sandbox", func(ctx context.Context, c *containerd.Client) (any, error) {
		pod, err := c.LoadSandbox(ctx, "pod")
		if err != nil {
			return nil, err
		}
		return pod.Metadata(), nil
	}},
	{"update the sandbox", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SandboxStore().Update(ctx, sandbox.Sandbox{ID: "pod", Labels: map[string]string{"a": "b"}}, "labels.a")
	}},
	{"list sandboxes", func(ctx context.Context, c *containerd.Client) (any, error) {
		return c.SandboxStore().List(ctx, "labels.a==b")
	}},
	{"delete the sandbox", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.SandboxStore().Delete(ctx, "pod"))
	}},

	{"delete the image, if it has another target", onImageStore(func(ctx context.Context, s images.Store) (any, error) {
		return ok(s.Delete(ctx, "kelp:latest", images.DeleteTarget(&ocispec.Descriptor{Digest: digest.FromString("other")})))
	})},
	{"delete the image, and wait", func(ctx context.Context, c *containerd.Client) (any, error) {
		if err := c.ImageService().Delete(ctx, "kelp:latest", images.SynchronousDelete()); err != nil {
			return nil, err
		}
		return blobs(ctx, c)
	}},
	{"delete the image again", onImageStore(func(ctx context.Context, s images.Store) (any, error) {
		return ok(s.Delete(ctx, "kelp:latest", images.SynchronousDelete()))
	})},
	{"delete the namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().Delete(ctx, "team"))
	}},
	{"delete the namespace again", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.NamespaceService().Delete(ctx, "team"))
	}},
	{"list namespaces", func(ctx context.Context, c *containerd.Client) (any, error) { return c.NamespaceService().List(ctx) }},

	{"publish without a namespace", func(_ context.Context, c *containerd.Client) (any, error) {
		return ok(c.EventService().Publish(context.Background(), "/a", &ocispec.Platform{}))
	}},
	{"publish under an invalid topic", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(errors.Join(
			c.EventService().Publish(ctx, "a", &ocispec.Platform{}),
			c.EventService().Publish(ctx, "", &ocispec.Platform{}),
			c.EventService().Publish(ctx, "/", &ocispec.Platform{}),
			c.EventService().Publish(ctx, "/a//b", &ocispec.Platform{})))
	}},
	{"forward", func(ctx context.Context, c *containerd.Client) (any, error) {
		event, err := typeurl.MarshalAny(&ocispec.Platform{OS: "plan9"})
		must(err)
		return ok(c.EventService().Forward(ctx, &events.Envelope{Timestamp: time.Now(), Namespace: "far", Topic: "/a/b", Event: event}))
	}},
	{"forward without a time", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.EventService().Forward(ctx, &events.Envelope{Namespace: "far", Topic: "/a/b"}))
	}},
	{"forward without a namespace", func(ctx context.Context, c *containerd.Client) (any, error) {
		return ok(c.EventService().Forward(ctx, &events.Envelope{Timestamp: time.Now(), Topic: "/a/b"}))
	}},
}

func onImageStore(do func(context.Context, images.Store) (any, error)) func(context.Context, *containerd.Client) (any, error) {
	return func(ctx context.Context, c *containerd.Client) (any, error) { return do(ctx, c.ImageService()) }
}

func newNode(t *testing.T, opts ...engine.Option) *engine.Engine {
	t.Helper()
	node, err := engine.New(opts...)
	must(err)
	t.Cleanup(func() { node.Close() })
	return node
}

func init() {
	typeurl.Register(&ocispec.Platform{}, "holdfast.test", "Platform")
}
