package boltfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// Every function that opens a file gives the contents that bbolt reads. Written again, the file gives the same contents
// to bbolt and to this package.
func TestFixtures(t *testing.T) {
	for _, path := range fixtures(t) {
		t.Run(strings.TrimPrefix(path, "../../metadata/testdata/fixtures/"), func(t *testing.T) {
			data := unpack(t, path)
			plain := save(t, data)
			want := dumpBolt(t, plain)
			for door, open := range map[string]func() (*memkv.DB, error){
				"Open":               func() (*memkv.DB, error) { return boltfile.Open(plain) },
				"Open of gzip":       func() (*memkv.DB, error) { return boltfile.Open(path) },
				"Read":               func() (*memkv.DB, error) { return boltfile.Read(bytes.NewReader(data)) },
				"Read in odd pieces": func() (*memkv.DB, error) { return boltfile.Read(iotest.HalfReader(bytes.NewReader(data))) },
				"ReadBytes":          func() (*memkv.DB, error) { return boltfile.ReadBytes(data) },
			} {
				db, err := open()
				if err != nil {
					t.Fatalf("%s: %v", door, err)
				}
				if dumpDB(t, db) != want {
					t.Errorf("%s: differs from the contents that bbolt reads", door)
				}
			}

			report, err := boltfile.Check(path)
			if err != nil || len(report.Faults) > 0 {
				t.Errorf("check: %v, %v", err, report.Faults)
			}

			db, err := boltfile.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "out.db")
			if err := boltfile.WriteFile(out, db); err != nil {
				t.Fatal(err)
			}
			if dumpBolt(t, out) != want {
				t.Error("bbolt reads other contents from the written file")
			}
			again, err := boltfile.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			if dumpDB(t, again) != want {
				t.Error("the written file has other contents")
			}
			report, err = boltfile.Check(out)
			if err != nil || len(report.Faults) > 0 {
				t.Errorf("check of the written file: %v, %v", err, report.Faults)
			}
		})
	}
}

func TestRandomDatabases(t *testing.T) {
	for seed := range uint64(15) {
		r := rand.New(rand.NewPCG(seed, 1))
		pageSize := 1024 << r.IntN(7)
		t.Run(fmt.Sprintf("seed=%d/page=%d", seed, pageSize), func(t *testing.T) {
			db := memkv.New()
			if err := db.Update(func(tx *memkv.Tx) error { return fillRandomly(r, tx.Cursor().Bucket(), 2) }); err != nil {
				t.Fatal(err)
			}
			opts := []boltfile.WriteOption{boltfile.WithPageSize(pageSize), boltfile.WithFill(0.1 + 0.9*r.Float64())}
			if r.IntN(2) == 0 {
				opts = append(opts, boltfile.WithoutFreelist())
			}
			path := filepath.Join(t.TempDir(), "out.db")
			if err := boltfile.WriteFile(path, db, opts...); err != nil {
				t.Fatal(err)
			}
			want := dumpDB(t, db)
			if dumpBolt(t, path) != want {
				t.Error("bbolt reads other contents")
			}
			again, err := boltfile.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if dumpDB(t, again) != want {
				t.Error("reads back with other contents")
			}
			if report, err := boltfile.Check(path); err != nil || len(report.Faults) > 0 || report.PageSize != pageSize {
				t.Errorf("check: %+v, %v", report, err)
			}
		})
	}
}

func fillRandomly(r *rand.Rand, b *memkv.Bucket, depth int) error {
	if err := b.SetSequence(r.Uint64() >> r.IntN(64)); err != nil {
		return err
	}
	for range r.IntN(100) {
		key := fmt.Appendf(nil, "%x", r.Uint64()>>r.IntN(64))
		if r.IntN(200) == 0 {
			key = bytes.Repeat(key, 300)
		}
		if depth > 0 && r.IntN(8) == 0 {
			sub, err := b.CreateBucketIfNotExists(append(key, '/'))
			if err == nil {
				err = fillRandomly(r, sub, depth-1)
			}
			if err != nil {
				return err
			}
			continue
		}
		n := r.IntN(100)
		if r.IntN(200) == 0 {
			n = r.IntN(100_000)
		}
		if err := b.Put(key, bytes.Repeat([]byte{byte(n)}, n)); err != nil {
			return err
		}
	}
	return nil
}

// While bbolt writes to a file, reads of it give whole states only.
func TestLiveFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meta.db")
	live, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, PageSize: 1024})
	if err != nil {
		t.Fatal(err)
	}
	const keys = 300
	write := func(round int) error {
		return live.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("bucket"))
			for i := 0; i < keys && err == nil; i++ {
				err = b.Put(fmt.Appendf(nil, "key %03d", i), fmt.Appendf(nil, "round %06d", round))
			}
			return err
		})
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	var rounds atomic.Int64
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for round := 1; ; round++ {
			rounds.Store(int64(round))
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := write(round); err != nil {
				stopped <- err
				return
			}
		}
	}()
	whole := func(db *memkv.DB) error {
		return db.View(func(tx *memkv.Tx) error {
			b, n, first := tx.Bucket([]byte("bucket")), 0, ""
			if err := b.ForEach(func(_, v []byte) error {
				n++
				if first == "" {
					first = string(v)
				}
				if string(v) != first {
					return fmt.Errorf("%s beside %s", v, first)
				}
				return nil
			}); err != nil {
				return err
			}
			if n != keys {
				return fmt.Errorf("%d keys", n)
			}
			return nil
		})
	}
	changed := 0
	for reads := 0; reads < 300 || rounds.Load() < 300 && len(stopped) == 0; reads++ {
		db, err := boltfile.Open(path)
		if err != nil {
			mustBe(t, err, boltfile.ErrChanged)
			changed++
			continue
		}
		if err := whole(db); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	db, err := boltfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := whole(db); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rounds written meanwhile, given up %d times", rounds.Load(), changed)
	live.Close()
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	db := memkv.New()
	if err := db.Update(func(tx *memkv.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err }); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "out.db")
	perm := func() os.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Perm()
	}

	if err := boltfile.WriteFile(path, db); err != nil {
		t.Fatal(err)
	}
	if got := perm(); got != 0o600 {
		t.Errorf("a new file has permissions %o", got)
	}

	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := boltfile.WriteFile(path, db); err != nil {
		t.Fatal(err)
	}
	if got := perm(); got != 0o640 {
		t.Errorf("permissions 640 became %o", got)
	}

	before, _ := os.ReadFile(path)
	if err := boltfile.WriteFile(path, db, boltfile.WithPageSize(1000)); err == nil {
		t.Error("page size 1000 gives no error")
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the file changed though writing failed")
	}
	if err := boltfile.WriteFile(dir, db); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("writing over a directory: %v", err)
	}
	if err := boltfile.WriteFile(os.DevNull, db); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("writing over a device: %v", err)
	}
	if err := boltfile.WriteFile(filepath.Join(dir, "no", "out.db"), db); err == nil {
		t.Error("wrote into a directory that doesn't exist")
	}

	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// Write writes the state that a transaction sees, committed or not.
func TestWriteUncommitted(t *testing.T) {
	db := memkv.New()
	var b bytes.Buffer
	if err := db.Update(func(tx *memkv.Tx) error {
		if _, err := tx.CreateBucket([]byte("b")); err != nil {
			return err
		}
		n, err := boltfile.Write(&b, tx)
		if n != int64(b.Len()) {
			t.Errorf("wrote %d bytes, says %d", b.Len(), n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	again, err := boltfile.ReadBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if dumpDB(t, again) != dumpDB(t, db) {
		t.Error("differs from the state committed then")
	}
}

func TestOptionsReachTheDatabase(t *testing.T) {
	db, err := boltfile.Open("testdata/meta.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	if db.Path() != "testdata/meta.db.gz" {
		t.Errorf("path %q", db.Path())
	}
	db, err = boltfile.Open("testdata/meta.db.gz", boltfile.WithDB(memkv.WithReadOnly(), memkv.WithPath("another")))
	if err != nil {
		t.Fatal(err)
	}
	if !db.IsReadOnly() || db.Path() != "another" {
		t.Errorf("read-only %v, path %q", db.IsReadOnly(), db.Path())
	}
}

// TestOpenFS opens one file in three ways: page by page, as a stream, and from the operating system.
func TestOpenFS(t *testing.T) {
	dir := t.TempDir()
	db := memkv.New()
	if err := db.Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("a"))
		if err != nil {
			return err
		}
		return b.Put([]byte("k"), bytes.Repeat([]byte("v"), 5000))
	}); err != nil {
		t.Fatal(err)
	}
	if err := boltfile.WriteFile(filepath.Join(dir, "x.db"), db); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	want := db.Hash()
	for name, fsys := range map[string]fs.FS{
		"directory": os.DirFS(dir),
		"memory":    fstest.MapFS{"x.db": {Data: data}},
	} {
		got, err := boltfile.OpenFS(fsys, "x.db")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Hash() != want {
			t.Errorf("%s: other contents", name)
		}
		report, err := boltfile.CheckFS(fsys, "x.db")
		if err != nil || len(report.Faults) > 0 {
			t.Errorf("%s: %v, %v", name, report.Faults, err)
		}
		if _, err := boltfile.OpenFS(fsys, "y.db"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a file that does not exist: %v", name, err)
		}
	}
}
