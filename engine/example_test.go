package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
)

// store writes a blob and returns its descriptor.
func store(ctx context.Context, cs content.Store, data string) ocispec.Descriptor {
	desc := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageLayer, Digest: digest.FromString(data), Size: int64(len(data))}
	w, err := cs.Writer(ctx, content.WithRef(data), content.WithDescriptor(desc))
	if err != nil {
		log.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write([]byte(data)); err != nil {
		log.Fatal(err)
	}
	if err := w.Commit(ctx, desc.Size, desc.Digest); err != nil {
		log.Fatal(err)
	}
	return desc
}

// This example tests a plugin that stores blobs: does a blob survive a collection?
func Example() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")

	kept, lost := store(ctx, node.Content(), "kept"), store(ctx, node.Content(), "lost")
	_, err = node.Images().Create(ctx, images.Image{Name: "docker.io/library/kept:latest", Target: kept})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := node.Collect(ctx); err != nil {
		log.Fatal(err)
	}

	for _, desc := range []ocispec.Descriptor{kept, lost} {
		data, err := content.ReadBlob(ctx, node.Content(), desc)
		fmt.Printf("%q, not found: %t\n", data, errdefs.IsNotFound(err))
	}
	// Output:
	// "kept", not found: false
	// "", not found: true
}

// streams is a Collector of resources outside of the database. It closes the streams without references.
type streams struct{ open map[string]bool }

func (s *streams) ReferenceLabel() string { return "stream" }

func (s *streams) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return &streamCollection{streams: s}, nil
}

type streamCollection struct {
	*streams
	garbage []string
}

func (c *streamCollection) All(fn func(gc.Node)) {
	for name := range c.open {
		fn(gc.Node{Type: metadata.ResourceStream, Namespace: "default", Key: name})
	}
}

func (c *streamCollection) Active(string, func(gc.Node))         {}
func (c *streamCollection) Leased(string, string, func(gc.Node)) {}
func (c *streamCollection) Remove(n gc.Node)                     { c.garbage = append(c.garbage, n.Key) }
func (c *streamCollection) Cancel() error                        { return nil }
func (c *streamCollection) Finish() error {
	for _, name := range c.garbage {
		delete(c.open, name)
	}
	return nil
}

func ExampleEngine_RegisterCollector() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	s := &streams{open: map[string]bool{"referenced": true, "unreferenced": true}}
	if err := node.RegisterCollector(metadata.ResourceStream, s); err != nil {
		log.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")
	_, err = node.Images().Create(ctx, images.Image{
		Name:   "streamed",
		Labels: map[string]string{"containerd.io/gc.ref.stream": "referenced"},
		Target: ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromString("x"), Size: 1},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := node.Collect(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.open)
	// Output: map[referenced:true]
}

// This example moves the clock past the expiry of a lease.
func ExampleClock_Advance() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")
	expiry := node.Clock().Now().Add(time.Hour).Format(time.RFC3339)
	_, err = node.Leases().Create(ctx, leases.WithID("pull"), leases.WithLabel("containerd.io/gc.expire", expiry))
	if err != nil {
		log.Fatal(err)
	}
	desc := store(leases.WithLease(ctx, "pull"), node.Content(), "layer")

	for range 2 {
		if _, err := node.Collect(ctx); err != nil {
			log.Fatal(err)
		}
		_, err = node.Content().Info(ctx, desc.Digest)
		fmt.Println(node.Clock().Now().Format(time.TimeOnly), "gone:", errdefs.IsNotFound(err))
		node.Clock().Advance(2 * time.Hour)
	}
	// Output:
	// 00:00:00 gone: false
	// 02:00:00 gone: true
}

// This example deletes an image on a fork to see what a collection would remove.
func ExampleEngine_Fork() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")
	target := store(ctx, node.Content(), "an image")
	if _, err := node.Images().Create(ctx, images.Image{Name: "img", Target: target}); err != nil {
		log.Fatal(err)
	}

	hypothetical := node.Fork()
	if err := hypothetical.Images().Delete(ctx, "img"); err != nil {
		log.Fatal(err)
	}
	done, err := hypothetical.Collect(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, n := range done.Removed {
		fmt.Println("would remove:", metadata.NodeName(n)[:len("content/default/sha256:12345678")])
	}
	_, err = node.Images().Get(ctx, "img")
	fmt.Println("image still exists:", err == nil)
	// Output:
	// would remove: content/default/sha256:a5df3fde
	// image still exists: true
}

// This example cuts the power during a clean-up. The next daemon finishes the clean-up.
func ExampleEngine_SetFault() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")
	for _, key := range []string{"a", "b"} {
		if _, err := node.Snapshotter("overlayfs").Prepare(ctx, key, ""); err != nil {
			log.Fatal(err)
		}
	}
	err = node.SetFault("power cut", engine.Fault{On: "snapshots/overlayfs", Call: "remove", Nth: 2, Times: 1, Kill: true})
	if err != nil {
		log.Fatal(err)
	}

	_, err = node.Collect(ctx)
	fmt.Println("the daemon is down:", errors.Is(err, engine.ErrDown), node.Leftovers(ctx))
	if err := node.Restart(); err != nil {
		log.Fatal(err)
	}
	_, err = node.Collect(ctx)
	fmt.Println("the next daemon cleans up:", err == nil, node.Leftovers(ctx))
	// Output:
	// the daemon is down: true [default/2/b]
	// the next daemon cleans up: true []
}

// This example records the calls of other code as a trace that can be replayed.
func ExampleRecord() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	recorder, err := engine.Record(node)
	if err != nil {
		log.Fatal(err)
	}
	ctx := namespaces.WithNamespace(context.Background(), "default")
	if _, err := recorder.Leases().Create(ctx, leases.WithID("work")); err != nil {
		log.Fatal(err)
	}
	if err := recorder.Images().Delete(leases.WithLease(ctx, "work"), "none"); !errdefs.IsNotFound(err) {
		log.Fatal(err)
	}
	if _, err := recorder.WriteTo(os.Stdout); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"holdfast":1,"rules":"2.4","snapshotters":["native","overlayfs"],"start":"2026-01-01T00:00:00Z"}
	// {"op":"leases.create","ns":"default","id":"work"}
	// {"op":"images.delete","ns":"default","lease":"work","name":"none"}
}

// This example applies an Op and prints its result.
func ExampleEngine_Apply() {
	node, err := engine.New()
	if err != nil {
		log.Fatal(err)
	}
	op := engine.Op{Name: op.LeasesCreate, Header: engine.Header{NS: "default"}, Args: op.LeasesCreateArgs{ID: "work"}}
	for range 2 {
		result := node.Apply(context.Background(), op)
		fmt.Println(op)
		fmt.Println(result)
	}
	// Output:
	// {"op":"leases.create","ns":"default","id":"work"}
	// {"code":"ok","value":{"id":"work","createdAt":"2026-01-01T00:00:00Z"}}
	// {"op":"leases.create","ns":"default","id":"work"}
	// {"code":"already_exists","error":"lease \"work\": already exists"}
}
