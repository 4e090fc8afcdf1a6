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
)

// A collector is a database of either side.
type collector interface {
	GarbageCollect(context.Context) (gc.Stats, error)
}

// collectors returns one database of so many objects, in which nothing is garbage, on both sides. That is what a
// collection mostly finds: all of its time is reading and marking, with writers locked out.
func collectors(tb testing.TB, objects int) [2]collector {
	kv := imagesOf(tb, objects/10)
	path := filepath.Join(scratch(tb), "meta.db")
	must(tb, boltfile.WriteFile(path, kv))
	file := openBolt(tb, path)
	tb.Cleanup(func() { file.Close() })
	return [2]collector{
		metadata.NewDB(kv, nil, nil, metadata.WithCleanupOnce),
		containerd.NewDB(file, nil, map[string]snapshots.Snapshotter{}),
	}
}

func measureCollect(tb testing.TB, name string, objects int) result {
	goal := float64(reading)
	if objects == 100_000 {
		goal = 10
	}
	var runs [2]timed
	for i, db := range collectors(tb, objects) {
		runs[i] = func() (time.Duration, error) {
			start := cpuTime()
			_, err := db.GarbageCollect(context.Background())
			return cpuTime() - start, err
		}
	}
	r := compare(tb, 5**budget, runs)
	r.name, r.objects, r.goal = name, objects, goal
	return r
}

// BenchmarkGarbageCollect is for profiles of one side at a time.
func BenchmarkGarbageCollect(b *testing.B) {
	for _, objects := range scales {
		for i, db := range collectors(b, objects) {
			b.Run(fmt.Sprintf("objects=%d/%s", objects, [2]string{"holdfast", "containerd"}[i]), func(b *testing.B) {
				best := time.Hour
				for b.Loop() {
					start := cpuTime()
					_, err := db.GarbageCollect(context.Background())
					best = min(best, cpuTime()-start)
					must(b, err)
				}
				b.ReportMetric(float64(best), "best-cpu-ns")
			})
		}
	}
}

// imagesOf returns a database of n images with ten objects each: the image, its manifest, its config and four layers,
// and a chain of three snapshots.
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

// records writes them as they are stored, whatever the stores would say.
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

// put stores a record with its times and labels.
func (r records) put(fields, labels map[string]string, path ...string) {
	stamp := "\x01\x00\x00\x00\x0e\xd8\x00\x00\x00\x00\x00\x00\x00\xff\xff"
	r.fields(fields, path...)
	r.fields(map[string]string{"createdat": stamp, "updatedat": stamp}, path...)
	if len(labels) > 0 {
		r.fields(labels, append(path, "labels")...)
	}
}

// fields stores the fields of a bucket of the namespace, which it makes.
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
