package boltfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// measureOpen opens a database. It returns the live heap for it, and all bytes allocated on the way, which no peak can
// exceed.
func measureOpen(open func() (*memkv.DB, error)) (live, allocated uint64, err error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	db, err := open()
	runtime.ReadMemStats(&after)
	allocated = after.TotalAlloc - before.TotalAlloc
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(db)
	return after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc), allocated, err
}

// contentBytes returns the length of all keys and values.
func contentBytes(f memkv.Frozen) (n uint64) {
	for key, e := range f.All() {
		n += uint64(len(key) + len(e.Value()))
		if e.IsBucket() {
			n += contentBytes(e.Bucket())
		}
	}
	return n
}

func TestMemory(t *testing.T) {
	data := unpack(t, largeFixture)
	path := save(t, data)
	size := uint64(len(data))
	db, err := boltfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var content uint64
	if err := db.View(func(tx *memkv.Tx) error { content = contentBytes(tx.Freeze()); return nil }); err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (*memkv.DB, error){
		"plain":  func() (*memkv.DB, error) { return boltfile.Open(path) },
		"packed": func() (*memkv.DB, error) { return boltfile.Open(largeFixture) },
		"bytes":  func() (*memkv.DB, error) { return boltfile.ReadBytes(data) },
	} {
		live, allocated, err := measureOpen(open)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes live for %d of content (%.2f), %d allocated for a file of %d", name, live, content, float64(live)/float64(content), allocated, size)
		if float64(live) > 1.6*float64(content) {
			t.Errorf("%s: %d bytes live for %d bytes of keys and values", name, live, content)
		}
		if allocated > 2*size+32<<20 {
			t.Errorf("%s: %d bytes allocated for a file of %d", name, allocated, size)
		}
	}
}

// BenchmarkOpen opens the large fixture. boltfile builds a whole database; bbolt maps the file. Where the benchmark
// compares reading, bbolt also visits all entries.
func BenchmarkOpen(b *testing.B) {
	data := unpack(b, largeFixture)
	path := save(b, data)
	b.Run("db=boltfile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := boltfile.Open(path); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("db=boltfile/from=bytes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := boltfile.ReadBytes(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("db=bbolt", func(b *testing.B) { benchmarkBolt(b, data, func(*bbolt.DB) error { return nil }) })
	b.Run("db=bbolt/walk=all", func(b *testing.B) { benchmarkBolt(b, data, visitAll) })
	b.Run("op=check", func(b *testing.B) {
		for b.Loop() {
			if report, err := boltfile.Check(path); err != nil || len(report.Faults) > 0 {
				b.Fatal(report.Faults, err)
			}
		}
	})
	b.Run("op=write", func(b *testing.B) {
		db, err := boltfile.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		out := filepath.Join(b.TempDir(), "out.db")
		for b.Loop() {
			if err := boltfile.WriteFile(out, db); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// benchmarkBolt opens a fresh copy each time, as containerd opens its file, and uses it.
func benchmarkBolt(b *testing.B, data []byte, use func(*bbolt.DB) error) {
	path := filepath.Join(b.TempDir(), "bolt.db")
	for b.Loop() {
		b.StopTimer()
		if err := os.WriteFile(path, data, 0o600); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := use(db); err != nil {
			b.Fatal(err)
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func visitAll(db *bbolt.DB) error {
	return db.View(func(tx *bbolt.Tx) error { return visitBucket(tx.Cursor().Bucket()) })
}

func visitBucket(b *bbolt.Bucket) error {
	return b.ForEach(func(key, value []byte) error {
		if value == nil {
			return visitBucket(b.Bucket(key))
		}
		return nil
	})
}
