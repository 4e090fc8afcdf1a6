package boltfile_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func mustBe(t testing.TB, err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Fatalf("not %q: %v", class, err)
	}
}

// small is a database of a few pages of 1024 bytes.
func small(t testing.TB) []byte {
	t.Helper()
	db := memkv.New()
	if err := db.Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("bucket"))
		for i := 0; i < 40 && err == nil; i++ {
			err = b.Put(fmt.Appendf(nil, "key %02d", i), bytes.Repeat([]byte{'v'}, 60))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := db.View(func(tx *memkv.Tx) error {
		_, err := boltfile.Write(&b, tx, boltfile.WithPageSize(1024))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestErrors compares the error messages for unreadable input with testdata/errors.txt.
func TestErrors(t *testing.T) {
	sound := small(t)
	damaged := bytes.Clone(sound)
	damaged[4*1024]++
	older := bytes.Clone(sound)
	older[20], older[1024+20] = 1, 1
	broken := bytes.Clone(sound)
	broken[70]++
	broken[1024+70]++
	z := packed(t, sound)
	badSum := bytes.Clone(z)
	badSum[len(badSum)-8]++

	var b strings.Builder
	for _, c := range []struct {
		name  string
		data  []byte
		class error
	}{
		{"empty file", nil, boltfile.ErrNotBolt},
		{"one byte", []byte("\x1f"), boltfile.ErrNotBolt},
		{"a text", []byte(strings.Repeat("this is no database\n", 100)), berrors.ErrInvalid},
		{"another format version", older, berrors.ErrVersionMismatch},
		{"wrong checksums", broken, berrors.ErrChecksum},
		{"half a file", sound[:len(sound)/2], boltfile.ErrTruncated},
		{"a damaged page", damaged, boltfile.ErrPage},
		{"a gzip'd text", packed(t, []byte("this is no database")), boltfile.ErrNotBolt},
		{"a gzip'd damaged page", packed(t, damaged), boltfile.ErrPage},
		{"half a gzip file", z[:len(z)/2], io.ErrUnexpectedEOF},
		{"gzip with a wrong checksum", badSum, nil},
		{"gzip with trailing data", append(bytes.Clone(z), "more"...), nil},
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile("meta.db", c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := boltfile.Open("meta.db")
		fmt.Fprintf(&b, "%s\n\t%v\n", c.name, err)
		if c.class != nil {
			mustBe(t, err, c.class)
		}
		if db, err2 := boltfile.ReadBytes(c.data); db != nil || strings.Replace(err2.Error(), "database", `database "meta.db"`, 1) != err.Error() {
			t.Errorf("%s: ReadBytes says %v", c.name, err2)
		}
		if db, err2 := boltfile.Read(bytes.NewReader(c.data)); db != nil || strings.Replace(err2.Error(), "database", `database "meta.db"`, 1) != err.Error() {
			t.Errorf("%s: Read says %v", c.name, err2)
		}
	}
	_, err := boltfile.Open("nothing.db")
	fmt.Fprintf(&b, "no file\n\t%v\n", err)
	mustBe(t, err, fs.ErrNotExist)
	_, err = boltfile.Open(".")
	fmt.Fprintf(&b, "a directory\n\t%v\n", err)

	t.Chdir(testdata)
	if *update {
		if err := os.WriteFile("errors.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("differs from testdata/errors.txt (go test -update rewrites it):\n%s", b.String())
	}
}

var testdata = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir + "/testdata"
}()

// A truncated fixture, gzip'd or not, gives an error.
func TestTruncated(t *testing.T) {
	whole, err := os.ReadFile("testdata/meta.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(whole); n += 13 {
		if _, err := boltfile.ReadBytes(whole[:n]); err == nil {
			t.Fatalf("%d of %d bytes of gzip give no error", n, len(whole))
		}
	}
	data := unpack(t, "testdata/meta.db.gz")
	report, err := boltfile.CheckBytes(data)
	if err != nil {
		t.Fatal(err)
	}
	used := int(report.Pages) * report.PageSize
	for n := 0; n < used; n += 1023 {
		_, err := boltfile.ReadBytes(data[:n])
		var fault *boltfile.Fault
		if !errors.As(err, &fault) {
			t.Fatalf("%d of %d bytes: %v", n, used, err)
		}
	}
}

// Small input that unpacks to much more is rejected before it takes the memory.
func TestGzipBomb(t *testing.T) {
	read := func(data []byte, opts ...boltfile.ReadOption) (allocated uint64, err error) {
		_, allocated, err = measureOpen(func() (*memkv.DB, error) { return boltfile.ReadBytes(data, opts...) })
		return allocated, err
	}
	sound := small(t)
	if allocated, err := read(packed(t, append(sound, make([]byte, 80<<20)...))); !errors.Is(err, boltfile.ErrTooLarge) || allocated > 80<<20 {
		t.Errorf("%v after %d bytes", err, allocated)
	}
	if allocated, err := read(packed(t, make([]byte, 8<<20))); !errors.Is(err, boltfile.ErrNotBolt) || allocated > 1<<20 {
		t.Errorf("zeros: %v after %d bytes", err, allocated)
	}
	padded := packed(t, append(sound, make([]byte, 1<<20)...))
	if _, err := read(padded, boltfile.WithMaxSize(1<<19)); !errors.Is(err, boltfile.ErrTooLarge) {
		t.Errorf("above its own limit: %v", err)
	}
	if _, err := read(padded, boltfile.WithMaxSize(1<<21)); err != nil {
		t.Errorf("below its own limit: %v", err)
	}
}

// FuzzRead reads arbitrary bytes. A readable database is the same after it is written and read again.
func FuzzRead(f *testing.F) {
	f.Add(small(f))
	for _, path := range fixtures(f) {
		if path == largeFixture {
			continue
		}
		db, err := boltfile.Open(path)
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		if err := db.View(func(tx *memkv.Tx) error { _, err := boltfile.Write(&b, tx, boltfile.WithPageSize(1024)); return err }); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(packed(f, b.Bytes()))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		db, err := boltfile.ReadBytes(data, boltfile.WithMaxSize(8<<20))
		report, checkErr := boltfile.CheckBytes(data, boltfile.WithMaxSize(8<<20))
		if err != nil {
			if checkErr == nil && len(report.Faults) == 0 && !strings.Contains(err.Error(), "memkv.Builder") {
				t.Fatalf("no fault reported, but the read fails: %v", err)
			}
			return
		}
		if checkErr != nil {
			t.Fatal(checkErr)
		}
		var b bytes.Buffer
		if err := db.View(func(tx *memkv.Tx) error { _, err := boltfile.Write(&b, tx); return err }); err != nil {
			t.Fatal(err)
		}
		again, err := boltfile.ReadBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if dumpDB(t, again) != dumpDB(t, db) {
			t.Fatal("the database changed by writing and reading it")
		}
	})
}
