package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	containerd "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/gc"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// A collector is a database of either implementation.
type collector interface {
	GarbageCollect(context.Context) (gc.Stats, error)
}

// collectors returns the same database in both implementations. It has the given number of objects and no garbage.
// Neither implementation keeps anything between collections: each one reads the whole database.
func collectors(tb testing.TB, objects int) [2]collector {
	kv := imagesOf(tb, objects/10)
	path := filepath.Join(scratch(tb), "meta.db")
	must(tb, boltfile.WriteFile(path, kv))
	file := openBolt(tb, path)
	tb.Cleanup(func() { file.Close() })
	return [2]collector{
		metadata.NewDB(kv, nil, nil, metadata.WithCleanupOnce, metadata.WithoutKeptGraph),
		containerd.NewDB(file, nil, map[string]snapshots.Snapshotter{}),
	}
}

// measureCollect compares a collection without garbage.
func measureCollect(tb testing.TB, size int) row {
	goal := float64(reading)
	if size == 100_000 {
		goal = 10
	}
	var runs [2]measurement
	for i, db := range collectors(tb, size) {
		runs[i] = func() (time.Duration, error) {
			start := cpuTime()
			_, err := db.GarbageCollect(context.Background())
			return cpuTime() - start, err
		}
	}
	return row{figures.GarbageCollect, size, goal, sample(tb, 5**budget, runs)}
}

// imagesOf returns a database of n images with ten objects each: the image, its manifest, its config, four layers, and
// a chain of three snapshots.
func imagesOf(tb testing.TB, n int) *memkv.DB {
	kv := memkv.New()
	must(tb, kv.Update(func(tx *memkv.Tx) error {
		r := records{tb, tx}
		for i := range n {
			r.image(i)
		}
		_, err := metadata.Migrate(tx, 4)
		return err
	}))
	return kv
}

// records writes records directly into the buckets, past the validation of the stores.
type records struct {
	testing.TB
	tx *memkv.Tx
}

func (r records) image(i int) {
	manifest := map[string]string{}
	parent := ""
	for layer := range 4 {
		manifest[fmt.Sprintf("containerd.io/gc.ref.content.l.%d", layer)] = r.blob(fmt.Sprint("layer", i, layer),
			map[string]string{"containerd.io/distribution.source.registry.example": "library/image"})
		if layer == 3 {
			break
		}
		chain := digest.FromString(fmt.Sprint("chain", i, layer)).String()
		r.put(map[string]string{"name": fmt.Sprintf("default/%d/%s", i*3+layer, chain), "parent": parent},
			map[string]string{"containerd.io/snapshot.ref": chain}, "snapshots", "overlayfs", chain)
		parent = chain
	}
	manifest["containerd.io/gc.ref.content.config"] = r.blob(fmt.Sprint("config", i),
		map[string]string{"containerd.io/gc.ref.snapshot.overlayfs": parent})
	name := fmt.Sprintf("registry.example/library/image-%d:latest", i)
	r.put(nil, nil, "images", name)
	r.fields(map[string]string{
		"digest":    r.blob(fmt.Sprint("manifest", i), manifest),
		"mediatype": "application/vnd.oci.image.manifest.v1+json",
		"size":      "\x80\x20",
	}, "images", name, "target")
}

func (r records) blob(text string, labels map[string]string) string {
	dgst := digest.FromString(text).String()
	r.put(map[string]string{"size": "\x80\x20"}, labels, "content", "blob", dgst)
	return dgst
}

// put stores a record with its timestamps and labels.
func (r records) put(fields, labels map[string]string, path ...string) {
	stamp := "\x01\x00\x00\x00\x0e\xd8\x00\x00\x00\x00\x00\x00\x00\xff\xff"
	r.fields(fields, path...)
	r.fields(map[string]string{"createdat": stamp, "updatedat": stamp}, path...)
	if len(labels) > 0 {
		r.fields(labels, append(path, "labels")...)
	}
}

// fields stores fields in a bucket of the namespace "default", and creates the bucket.
func (r records) fields(fields map[string]string, path ...string) {
	b, err := r.tx.CreateBucketIfNotExists([]byte("v1"))
	for _, name := range append([]string{"default"}, path...) {
		must(r, err)
		b, err = b.CreateBucketIfNotExists([]byte(name))
	}
	must(r, err)
	for key, value := range fields {
		must(r, b.Put([]byte(key), []byte(value)))
	}
}
