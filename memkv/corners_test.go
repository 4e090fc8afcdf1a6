package memkv_test

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"syscall"
	"testing"
	"time"

	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestBuilderOrder puts a key after a bucket with a larger name.
func TestBuilderOrder(t *testing.T) {
	b := memkv.NewBuilder()
	if err := errors.Join(b.Enter([]byte("top"), 0), b.Enter([]byte("b"), 0), b.Leave()); err != nil {
		t.Fatal(err)
	}
	if err := b.Put([]byte("a"), nil); err == nil {
		t.Error(`"a" is put after "b"`)
	}
}

// TestForkKeepsSettings checks that a fork has the settings of its database, except for the one of WithOnClose.
func TestForkKeepsSettings(t *testing.T) {
	if !memkv.New(memkv.WithStrictMode()).StrictMode {
		t.Error("WithStrictMode sets no StrictMode")
	}
	closed := 0
	db := memkv.New(memkv.WithOnClose(func() { closed++ }))
	db.StrictMode, db.MaxBatchSize, db.MaxBatchDelay = true, 7, 3*time.Second
	fork := db.Fork()
	if !fork.StrictMode || fork.MaxBatchSize != 7 || fork.MaxBatchDelay != 3*time.Second {
		t.Errorf("%t, %d, %s", fork.StrictMode, fork.MaxBatchSize, fork.MaxBatchDelay)
	}
	if err := fork.Close(); err != nil || closed != 0 {
		t.Errorf("after the fork is closed: %d calls, %v", closed, err)
	}
	if err := errors.Join(db.Close(), db.Close()); err != nil || closed != 1 {
		t.Errorf("after the database is closed twice: %d calls, %v", closed, err)
	}
}

// TestAddStats adds figures with a different number in each field.
func TestAddStats(t *testing.T) {
	var sum, other memkv.BucketStats
	a, b := reflect.ValueOf(&sum).Elem(), reflect.ValueOf(&other).Elem()
	for i := range a.NumField() {
		a.Field(i).SetInt(int64(100 + i))
		b.Field(i).SetInt(int64(200 + 3*i))
	}
	sum.Add(other)
	for i := range a.NumField() {
		want := int64(300 + 4*i)
		if a.Type().Field(i).Name == "Depth" {
			want = int64(200 + 3*i)
		}
		if got := a.Field(i).Int(); got != want {
			t.Errorf("%s: %d, want %d", a.Type().Field(i).Name, got, want)
		}
	}
}

// TestTakenNames creates a bucket under the name of a bucket and of a value, and counts sequences and cursors.
func TestTakenNames(t *testing.T) {
	err := memkv.New().Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("top"))
		if err != nil {
			return err
		}
		if _, err := b.CreateBucket([]byte("bucket")); err != nil {
			return err
		}
		if err := b.Put([]byte("value"), nil); err != nil {
			return err
		}
		if _, err := b.CreateBucket([]byte("bucket")); !errors.Is(err, bolterrors.ErrBucketExists) {
			t.Errorf("a bucket: %v", err)
		}
		if _, err := b.CreateBucket([]byte("value")); !errors.Is(err, bolterrors.ErrIncompatibleValue) {
			t.Errorf("a value: %v", err)
		}
		for want := range uint64(3) {
			if n, err := b.NextSequence(); err != nil || n != want+1 {
				t.Errorf("sequence %d, %v", n, err)
			}
		}
		before := tx.Stats()
		b.Cursor()
		after := tx.Stats()
		if n := after.GetCursorCount() - before.GetCursorCount(); n != 1 {
			t.Errorf("%d cursors", n)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStats counts transactions and cursors, and the entries of nested buckets.
func TestStats(t *testing.T) {
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("top"))
		must(err)
		b.Cursor()
		must(b.Put([]byte("key"), []byte("value")))
		inner, err := b.CreateBucket([]byte("inner"))
		must(err)
		_, err = inner.CreateBucket([]byte("innermost"))
		must(err)
		got := b.Stats()
		got.InlineBucketN, got.InlineBucketInuse = 0, 0
		if want := (memkv.BucketStats{KeyN: 3, Depth: 3, LeafInuse: len("keyvalueinnerinnermost"), BucketN: 3}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		return nil
	}))
	must(db.View(func(tx *memkv.Tx) error { return nil }))
	want := memkv.Stats{TxN: 1, TxStats: memkv.TxStats{CursorCount: 1, Write: 1}}
	if got := db.Stats(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestIteratorOfFew iterates over buckets of a few small or large values.
func TestIteratorOfFew(t *testing.T) {
	for _, size := range []int{1, 1 << 20} {
		b, value := memkv.NewBuilder(), make([]byte, size)
		for n := range 4 {
			if n > 0 {
				must(b.Put([]byte{byte(n)}, value))
			}
			f, err := b.Frozen()
			must(err)
			got := 0
			for i := f.Iterator(); i.Next(); got++ {
				if i.Key() != string(rune(got+1)) || len(i.Entry().Value()) != size {
					t.Errorf("entry %d of %d: key %q, %d bytes", got, n, i.Key(), len(i.Entry().Value()))
				}
			}
			if got != n {
				t.Errorf("%d entries, want %d", got, n)
			}
		}
	}
}

// TestStatsOfPacked counts packed buckets: a small one is packed, a large one is not.
func TestStatsOfPacked(t *testing.T) {
	for entries, packed := range map[int]int{1: 1, 1000: 0} {
		must(memkv.New().Update(func(tx *memkv.Tx) error {
			b, err := tx.CreateBucket([]byte("b"))
			must(err)
			for i := range entries {
				must(b.Put([]byte{byte(i >> 8), byte(i)}, []byte("value")))
			}
			s := b.Stats()
			if s.KeyN != entries || s.InlineBucketN != packed || (s.InlineBucketInuse > 0) != (packed > 0) {
				t.Errorf("%+v", s)
			}
			return nil
		}))
	}
}

// TestNames prints a database.
func TestNames(t *testing.T) {
	db := memkv.New(memkv.WithPath("a"))
	if got := fmt.Sprintf("%v %#v", db, db); got != `DB<"a"> memkv.DB{path:"a"}` {
		t.Error(got)
	}
}

// TestFrozenAtAfterEnd reads a bucket of a transaction that has ended.
func TestFrozenAtAfterEnd(t *testing.T) {
	var b *memkv.Bucket
	must(memkv.New().Update(func(tx *memkv.Tx) (err error) {
		b, err = tx.CreateBucket([]byte("b"))
		return err
	}))
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	b.FrozenAt()
}

// TestCopyFileErrors copies to a directory and to a full disk.
func TestCopyFileErrors(t *testing.T) {
	db := memkv.New()
	copyTo := func(path string) error {
		return db.View(func(tx *memkv.Tx) error { return tx.CopyFile(path, 0o600) })
	}
	if err := copyTo(t.TempDir()); err == nil {
		t.Error("a directory is overwritten")
	}
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("the system has no ", full)
	}
	open := openFiles(full)
	for range 3 {
		if err := copyTo(full); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("on a full disk: %v", err)
		}
	}
	if more := openFiles(full) - open; more > 0 {
		t.Errorf("%d files stay open", more)
	}
}

// openFiles returns the number of times that this process has the file at path open, or 0 if the system does not tell.
func openFiles(path string) (n int) {
	const links = "/proc/self/fd"
	all, _ := os.ReadDir(links)
	for _, file := range all {
		if to, err := os.Readlink(links + "/" + file.Name()); err == nil && to == path {
			n++
		}
	}
	return n
}

// TestBuilderID compares the transactions of a database from a Builder with those of a new one.
func TestBuilderID(t *testing.T) {
	built, err := memkv.NewBuilder().DB()
	must(err)
	number := func(db *memkv.DB) (id int) {
		must(db.Update(func(tx *memkv.Tx) error { id = tx.ID(); return nil }))
		return id
	}
	if got, want := number(built), number(memkv.New()); got != want {
		t.Errorf("the first writing transaction has the number %d, want %d", got, want)
	}
}
