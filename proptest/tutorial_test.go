package proptest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/prop"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// thumbnailType is the type of the resource, one of the types that containerd leaves to plugins.
const thumbnailType gc.ResourceType = 16

// thumbnails is a cache beside the metadata: a small picture of some blobs. A record refers to a thumbnail with the
// label containerd.io/gc.ref.thumbnail. Thumbnails without a reference are garbage.
type thumbnails struct {
	ofBlob map[gc.Node]bool
	greedy bool // a bug: see below
}

func (t *thumbnails) ReferenceLabel() string { return "thumbnail" }

func (t *thumbnails) StartCollection(context.Context) (metadata.CollectionContext, error) {
	return &thumbnailCollection{cache: t}, nil
}

type thumbnailCollection struct {
	cache   *thumbnails
	garbage []gc.Node
}

func (c *thumbnailCollection) All(fn func(gc.Node)) {
	for n := range c.cache.ofBlob {
		fn(n)
	}
}

func (c *thumbnailCollection) Active(namespace string, fn func(gc.Node)) {
	for n := range c.cache.ofBlob {
		if c.cache.greedy && n.Namespace == namespace {
			fn(gc.Node{Type: metadata.ResourceContent, Namespace: namespace, Key: n.Key})
		}
	}
}

func (c *thumbnailCollection) Leased(_, _ string, _ func(gc.Node)) {}
func (c *thumbnailCollection) Remove(n gc.Node)                    { c.garbage = append(c.garbage, n) }
func (c *thumbnailCollection) Cancel() error                       { return nil }

func (c *thumbnailCollection) Finish() error {
	for _, n := range c.garbage {
		delete(c.cache.ofBlob, n)
	}
	return nil
}

// thumbnailOf names the thumbnail of the blob with that content.
func thumbnailOf(data string) gc.Node {
	return gc.Node{Type: thumbnailType, Namespace: "a", Key: generate.DigestOf(data).String()}
}

// withThumbnails makes nodes with a cache that has a thumbnail of every blob in the namespace "a".
func withThumbnails(cache func() *thumbnails) proptest.New {
	return func(setup engine.Setup) (proptest.System, error) {
		opts, err := setup.Options()
		if err != nil {
			return nil, err
		}
		node, err := engine.New(opts...)
		if err != nil {
			return nil, err
		}
		if err := node.RegisterCollector(thumbnailType, cache()); err != nil {
			return nil, err
		}
		return proptest.OnEngine(node, setup), nil
	}
}

func newCache() *thumbnails {
	cache := &thumbnails{ofBlob: map[gc.Node]bool{}}
	for _, data := range "abcdefgh" {
		cache.ofBlob[thumbnailOf(string(data))] = true
	}
	return cache
}

func TestThumbnails(t *testing.T) {
	proptest.Run(t, withThumbnails(newCache), proptest.WithCases(40))
}

// A cache that keeps each blob as long as the blob has a thumbnail. Now no blob is ever collected.
func ExampleReport() {
	greedy := func() *thumbnails {
		cache := newCache()
		cache.greedy = true
		return cache
	}
	report := proptest.Check(withThumbnails(greedy), proptest.WithLaws(proptest.UnreachableGoes))
	fmt.Println(report.First().Rule)
	for _, op := range report.First().Ops {
		fmt.Println(op.Name)
	}
	// Output:
	// left in the metadata: content
	// writers.open
	// writers.write
	// writers.commit
}

// A custom law: a thumbnail stays while an image refers to it, and goes when no image does, after any history.
func TestThumbnailsStayWhileReferredTo(t *testing.T) {
	laws := gopter.NewProperties(gopter.DefaultTestParametersWithSeed(1))
	laws.Property("a thumbnail stays while an image refers to it", prop.ForAll(
		func(h generate.History, blob string) bool {
			cache := newCache()
			node, err := withThumbnails(func() *thumbnails { return cache })(h.Setup)
			if err != nil {
				t.Fatal(err)
			}
			defer node.Close()
			for _, op := range h.Ops {
				node.Apply(op)
			}
			mine := thumbnailOf(blob)
			cache.ofBlob[mine] = true
			in := engine.Header{NS: "a"}
			image := images.Image{
				Name:   "z",
				Target: ocispec.Descriptor{Digest: generate.DigestOf("z"), Size: 1, MediaType: ocispec.MediaTypeImageManifest},
				Labels: map[string]string{generate.Prefix + "ref.thumbnail": mine.Key},
			}
			node.Apply(engine.Op{Name: op.ImagesCreate, Header: in, Args: op.ImageRecord{Image: image}})
			node.Apply(engine.Op{Name: op.Collect})
			stayed := cache.ofBlob[mine]
			node.Apply(engine.Op{Name: op.ImagesDelete, Header: in, Args: op.ImagesDeleteArgs{Name: "z"}})
			node.Apply(engine.Op{Name: op.Collect})
			return stayed && !cache.ofBlob[mine]
		},
		generate.Histories(generate.Calm),
		generate.Names(generate.Blobs),
	))
	laws.TestingRun(t)
}

func FuzzThumbnails(f *testing.F) { proptest.Fuzz(f, withThumbnails(newCache)) }
