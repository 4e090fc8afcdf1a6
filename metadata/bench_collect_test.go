package metadata_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	containerd "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata"
)

// BenchmarkOpenAndCollect opens the large fixture, 27.7 MB, and collects: with us in memory, with containerd's own
// package over bbolt on a copy of the file in its fastest mode, on tmpfs where there is one. Garbage is before.db as it
// is; settled is the same file after a collection, where nothing is left to remove.
func BenchmarkOpenAndCollect(b *testing.B) {
	garbage := unzip(b, "testdata/fixtures/c242-large/before.db.gz")
	settled := filepath.Join(scratch(b), "settled.db")
	write(b, settled, garbage)
	collectContainerd(b, settled)

	b.Run("state=settled/holdfast", func(b *testing.B) {
		for b.Loop() {
			db := open(b, settled)
			p := plan(b, db, metadata.GraphOptions{Now: time.Now(), Weigh: true})
			if len(p.Removed) != 0 {
				b.Fatal("garbage in a settled database")
			}
		}
	})
	b.Run("state=settled/containerd", func(b *testing.B) {
		for b.Loop() {
			collectContainerd(b, settled)
		}
	})
	path := filepath.Join(scratch(b), "garbage.db")
	write(b, path, garbage)
	b.Run("state=garbage/holdfast", func(b *testing.B) {
		for b.Loop() {
			db := open(b, path)
			err := db.Update(func(tx *memkv.Tx) error {
				_, err := metadata.Collect(tx, metadata.GraphOptions{Now: time.Now()})
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("state=garbage/containerd", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			write(b, path, garbage)
			b.StartTimer()
			collectContainerd(b, path)
		}
	})
}

func open(b *testing.B, path string) *memkv.DB {
	db, err := boltfile.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	return db
}

func collectContainerd(b *testing.B, path string) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		b.Fatal(err)
	}
	m := containerd.NewDB(db, emptyContent{}, map[string]snapshots.Snapshotter{})
	if _, err := m.GarbageCollect(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// emptyContent is a content backend that has nothing to clean.
type emptyContent struct{ content.Store }

func (emptyContent) Walk(context.Context, content.WalkFunc, ...string) error { return nil }
func (emptyContent) ListStatuses(context.Context, ...string) ([]content.Status, error) {
	return nil, nil
}

func unzip(b *testing.B, path string) []byte {
	packed, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		b.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

func write(b *testing.B, path string, data []byte) {
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
}

// scratch returns a temporary folder, in memory if the machine has such.
func scratch(b *testing.B) string {
	dir, err := os.MkdirTemp("/dev/shm", "holdfast")
	if err != nil {
		return b.TempDir()
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
