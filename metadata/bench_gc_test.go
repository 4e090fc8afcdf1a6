package metadata_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	containerd "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	digest "github.com/opencontainers/go-digest"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
)

// BenchmarkGarbageCollect collects a database of images in which nothing is garbage, which is what a collection mostly
// finds: all of its time is reading and marking, with writers locked out.
func BenchmarkGarbageCollect(b *testing.B) {
	for _, objects := range []int{1_000, 100_000} {
		kv := imagesOf(b, objects/10)
		path := filepath.Join(scratch(b), "meta.db")
		if err := boltfile.WriteFile(path, kv); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("objects=%d/holdfast", objects), func(b *testing.B) {
			db := metadata.NewDB(kv, nil, nil, metadata.WithCleanupOnce)
			for b.Loop() {
				if _, err := db.GarbageCollect(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("objects=%d/containerd", objects), func(b *testing.B) {
			kv, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
			if err != nil {
				b.Fatal(err)
			}
			defer kv.Close()
			db := containerd.NewDB(kv, nil, map[string]snapshots.Snapshotter{})
			for b.Loop() {
				if _, err := db.GarbageCollect(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// imagesOf returns a database of n images with ten objects each: the image, its manifest, its config and four layers,
// and a chain of three snapshots.
func imagesOf(b *testing.B, n int) *memkv.DB {
	kv := memkv.New()
	stamp := []byte{1, 0, 0, 0, 14, 0xd8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}
	err := kv.Update(func(tx *memkv.Tx) error {
		put := func(fields map[string]string, labels map[string]string, path ...string) {
			record, err := tx.CreateBucketIfNotExists([]byte("v1"))
			for _, name := range append([]string{"default"}, path...) {
				if err == nil {
					record, err = record.CreateBucketIfNotExists([]byte(name))
				}
			}
			if err != nil {
				b.Fatal(err)
			}
			for key, value := range fields {
				_ = record.Put([]byte(key), []byte(value))
			}
			_ = record.Put([]byte("createdat"), stamp)
			_ = record.Put([]byte("updatedat"), stamp)
			if len(labels) == 0 {
				return
			}
			group, _ := record.CreateBucketIfNotExists([]byte("labels"))
			for key, value := range labels {
				_ = group.Put([]byte(key), []byte(value))
			}
		}
		blob := func(text string, labels map[string]string) string {
			dgst := digest.FromString(text).String()
			put(map[string]string{"size": "\x80\x20"}, labels, "content", "blob", dgst)
			return dgst
		}
		for i := range n {
			manifest := map[string]string{}
			parent := ""
			for layer := range 4 {
				manifest[fmt.Sprintf("containerd.io/gc.ref.content.l.%d", layer)] = blob(fmt.Sprint("layer", i, layer),
					map[string]string{"containerd.io/distribution.source.registry.example": "library/image"})
				if layer == 3 {
					break
				}
				chain := digest.FromString(fmt.Sprint("chain", i, layer)).String()
				put(map[string]string{"name": fmt.Sprintf("default/%d/%s", i*3+layer, chain), "parent": parent},
					map[string]string{"containerd.io/snapshot.ref": chain}, "snapshots", "overlayfs", chain)
				parent = chain
			}
			manifest["containerd.io/gc.ref.content.config"] = blob(fmt.Sprint("config", i),
				map[string]string{"containerd.io/gc.ref.snapshot.overlayfs": parent})
			image := fmt.Sprintf("registry.example/library/image-%d:latest", i)
			put(map[string]string{}, nil, "images", image)
			target, _ := tx.BucketAt("v1", "default", "images", image).CreateBucket([]byte("target"))
			_ = target.Put([]byte("digest"), []byte(blob(fmt.Sprint("manifest", i), manifest)))
			_ = target.Put([]byte("mediatype"), []byte("application/vnd.oci.image.manifest.v1+json"))
			_ = target.Put([]byte("size"), []byte("\x80\x20"))
		}
		_, err := metadata.Migrate(tx, 4)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return kv
}
