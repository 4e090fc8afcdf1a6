package memkv_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// wantPanic fails the test unless fn panics with a text that contains want.
func wantPanic(t *testing.T, want string, fn func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if r := recover(); !strings.Contains(fmt.Sprint(r), want) {
			t.Errorf("panic: got %v, want %q", r, want)
		}
	}()
	fn()
}

// TestPromisesBeyondBolt tests memkv's results for the exclusions of parity_test.go.
func TestPromisesBeyondBolt(t *testing.T) {
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error {
		a, b := mustCreate(tx.Cursor().Bucket(), "a"), mustCreate(tx.Cursor().Bucket(), "b")

		// nilInTransaction
		must(a.Put([]byte("nil"), nil))
		if v := a.Get([]byte("nil")); v == nil || len(v) != 0 {
			t.Errorf("nil value: got %#v", v)
		}
		// moveUncommitted
		child := mustCreate(a, "child")
		must(child.Put([]byte("k"), []byte("v")))
		must(tx.MoveBucket([]byte("child"), a, b))
		must(child.Put([]byte("later"), []byte("v")))
		if got := dump(b.Freeze()); !strings.Contains(got, `"k" = "v"`) || !strings.Contains(got, `"later"`) {
			t.Errorf("moved bucket: %s", got)
		}
		// moveIntoItself
		if err := tx.MoveBucket([]byte("b"), nil, child); !errors.Is(err, bolterrors.ErrSameBuckets) {
			t.Errorf("move into itself: %v", err)
		}
		// deletedBucket
		must(b.DeleteBucket([]byte("child")))
		must(child.Put([]byte("lost"), nil))
		if b.Bucket([]byte("child")) != nil {
			t.Error("a deleted bucket came back")
		}
		// emptyName
		if err := child.DeleteBucket(nil); !errors.Is(err, bolterrors.ErrBucketNotFound) {
			t.Errorf("empty name: %v", err)
		}
		// unplacedDelete
		return a.Cursor().Delete()
	}))
	if got := dump(snapshot(db)); !strings.Contains(got, `"nil" = ""`) || strings.Contains(got, "lost") {
		t.Error(got)
	}

	// closedReads
	tx, err := db.Begin(false)
	must(err)
	a := tx.Bucket([]byte("a"))
	c := a.Cursor()
	v := a.Get([]byte("nil"))
	must(tx.Rollback())
	for name, read := range map[string]func(){
		"Tx.Bucket":     func() { tx.Bucket([]byte("a")) },
		"Tx.Freeze":     func() { tx.Freeze() },
		"Tx.Fork":       func() { tx.Fork() },
		"Tx.Inspect":    func() { tx.Inspect() },
		"Tx.Check":      func() { tx.Check() },
		"Tx.Hash":       func() { tx.Hash() },
		"Bucket.Get":    func() { a.Get(nil) },
		"Bucket.Bucket": func() { a.Bucket(nil) },
		"Bucket.Stats":  func() { a.Stats() },
		"Cursor.First":  func() { c.First() },
		"Cursor.Last":   func() { c.Last() },
		"Cursor.Next":   func() { c.Next() },
		"Cursor.Prev":   func() { c.Prev() },
		"Cursor.Seek":   func() { c.Seek(nil) },
	} {
		t.Run(name, func(t *testing.T) { wantPanic(t, "tx closed", read) })
	}
	if v == nil {
		t.Error("a value changed at the end of its transaction")
	}

	// closeWaits
	tx, err = db.Begin(false)
	must(err)
	must(db.Close())
	if tx.Bucket([]byte("a")) == nil {
		t.Error("a reader lost its snapshot to Close")
	}
	must(tx.Rollback())
	for _, writable := range []bool{true, false} {
		if _, err := db.Begin(writable); !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
			t.Errorf("Begin(%v) after Close: %v", writable, err)
		}
	}
	if err := db.Batch(nil); !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		t.Errorf("Batch after Close: %v", err)
	}
	must(db.Close())
}

func TestLimits(t *testing.T) {
	must(memkv.New().Update(func(tx *memkv.Tx) error {
		b := mustCreate(tx.Cursor().Bucket(), "b")
		other := memkv.New()
		must(other.Update(func(foreign *memkv.Tx) error {
			mustCreate(foreign.Cursor().Bucket(), "c")
			if err := b.MoveBucket([]byte("x"), foreign.Bucket([]byte("c"))); !errors.Is(err, bolterrors.ErrDifferentDB) {
				t.Errorf("move to another database: %v", err)
			}
			return nil
		}))
		if err := b.Put(make([]byte, memkv.MaxKeySize+1), nil); !errors.Is(err, bolterrors.ErrKeyTooLarge) {
			t.Errorf("long key: %v", err)
		}
		return b.Put(bytes.Repeat([]byte{1}, memkv.MaxKeySize), nil)
	}))
	readOnly := memkv.New(memkv.WithReadOnly(), memkv.WithPath("name"))
	for _, err := range []error{readOnly.Update(nil), readOnly.Batch(nil)} {
		if !errors.Is(err, bolterrors.ErrDatabaseReadOnly) {
			t.Errorf("read-only: %v", err)
		}
	}
	if got := readOnly.Fork().Path(); got != "name" {
		t.Errorf("path of a fork: %q", got)
	}
}

// Callers may overwrite their buffers after a call has returned.
func TestBuffersAreCopied(t *testing.T) {
	db := memkv.New()
	key, value, name := []byte("key-0000"), []byte("value-0000"), []byte("name-0000")
	mangle := func() {
		for _, b := range [][]byte{key, value, name} {
			for i := range b {
				b[i] = 0xff
			}
		}
	}
	fill := func(i int) {
		copy(key, fmt.Sprintf("key-%04d", i))
		copy(value, fmt.Sprintf("value-%04d", i))
		copy(name, fmt.Sprintf("name-%04d", i))
	}
	builder := memkv.NewBuilder()
	must(db.Update(func(tx *memkv.Tx) error {
		for i := range 500 {
			fill(i)
			b, err := tx.CreateBucket(name)
			must(err)
			mangle()
			fill(i)
			must(b.Put(key, value))
			mangle()
			fill(i)
			must(builder.Enter(name, 0))
			mangle()
			fill(i)
			must(builder.Put(key, value))
			mangle()
			must(builder.Leave())
			c := b.Cursor()
			fill(i + 1)
			c.Seek(key)
			mangle()
			c.Prev()
		}
		return nil
	}))
	mangle()
	built, err := builder.DB()
	must(err)
	for name, db := range map[string]*memkv.DB{"put": db, "built": built} {
		got := dump(snapshot(db))
		for i := range 500 {
			if want := fmt.Sprintf("\"name-%04d\" sequence 0\n  \"key-%04d\" = \"value-%04d\"\n", i, i, i); !strings.Contains(got, want) {
				t.Fatalf("%s: missing: %s", name, want)
			}
		}
	}
}

// Returned bytes never change, whatever follows.
func TestReturnedBytesNeverChange(t *testing.T) {
	db := memkv.New()
	var returned, copies [][]byte
	keep := func(b []byte) {
		returned, copies = append(returned, b), append(copies, bytes.Clone(b))
	}
	for round := range 20 {
		must(db.Update(func(tx *memkv.Tx) error {
			b := mustCreate(tx.Cursor().Bucket(), "bucket")
			for i := range 100 {
				key := fmt.Appendf(nil, "%d", (i*7+round)%150)
				keep(b.Get(key))
				must(b.Put(key, fmt.Appendf(nil, "%d in %d", i, round)))
				keep(b.Get(key))
				if i%3 == 0 {
					must(b.Delete(fmt.Appendf(nil, "%d", i)))
				}
			}
			return b.ForEach(func(k, v []byte) error { keep(k); keep(v); return nil })
		}))
	}
	for i := range returned {
		if !bytes.Equal(returned[i], copies[i]) {
			t.Fatalf("returned %q, now %q", copies[i], returned[i])
		}
		if cap(returned[i]) != len(returned[i]) {
			t.Fatalf("%q has spare capacity", returned[i])
		}
	}
}

// A record in a large bucket keeps its identity while other records change.
func TestIdentity(t *testing.T) {
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error {
		images := mustCreate(tx.Cursor().Bucket(), "images")
		for i := range 500 {
			must(mustCreate(images, fmt.Sprint(i)).Put([]byte("digest"), fmt.Append(nil, i)))
		}
		return nil
	}))
	record := func(db *memkv.DB, name string) memkv.Identity {
		f, ok := snapshot(db).BucketAt("images", name)
		if !ok {
			t.Fatal(name)
		}
		return f.Identity()
	}
	before, changed := record(db, "7"), record(db, "8")
	fork := db.Fork()
	must(db.Update(func(tx *memkv.Tx) error {
		return tx.BucketAt("images", "8").Put([]byte("digest"), []byte("new"))
	}))
	if record(db, "7") != before || record(fork, "7") != before || record(fork, "8") != changed {
		t.Error("an identity changed without its record")
	}
	if record(db, "8") == changed {
		t.Error("a record changed without its identity")
	}
}

func TestBuilderErrors(t *testing.T) {
	for name, use := range map[string]func(b *memkv.Builder) error{
		"key required":               func(b *memkv.Builder) error { return b.Put(nil, nil) },
		"not after":                  func(b *memkv.Builder) error { must(b.Put([]byte("b"), nil)); return b.Enter([]byte("a"), 0) },
		`key "b": not after key "b"`: func(b *memkv.Builder) error { must(b.Put([]byte("b"), nil)); return b.Put([]byte("b"), nil) },
		"key too large":              func(b *memkv.Builder) error { return b.Put(make([]byte, memkv.MaxKeySize+1), nil) },
		"Leave without":              func(b *memkv.Builder) error { return b.Leave() },
		"\"a\": not left":            func(b *memkv.Builder) error { must(b.Enter([]byte("a"), 0)); _, err := b.Frozen(); return err },
	} {
		t.Run(name, func(t *testing.T) {
			b := memkv.NewBuilder()
			err := use(b)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("got %v", err)
			}
			if _, again := b.DB(); again != err {
				t.Errorf("then %v", again)
			}
			b.Reset()
			must(b.Put([]byte("a"), nil))
		})
	}
}

// bbolt reads the output of WriteTo, and its check finds no fault.
func TestWriteToIsABoltFile(t *testing.T) {
	h := randomHistory(4)
	db := memkv.New()
	play(db, h)
	path := filepath.Join(t.TempDir(), "db")
	must(db.View(func(tx *memkv.Tx) error {
		must(tx.CopyFile(path, 0o600))
		var out bytes.Buffer
		must(tx.Copy(&out))
		if int64(out.Len()) != tx.Size() {
			t.Errorf("Size %d, written %d", tx.Size(), out.Len())
		}
		return nil
	}))
	theirs, err := bolt.Open(path, 0o600, nil)
	must(err)
	defer theirs.Close()
	must(theirs.View(func(tx *bolt.Tx) error {
		for fault := range tx.Check() {
			t.Error(fault)
		}
		got := (&player[*bolt.DB, *bolt.Tx, *bolt.Bucket, *bolt.Cursor]{}).dump(tx)
		return db.View(func(tx *memkv.Tx) error {
			if want := (&player[*memkv.DB, *memkv.Tx, *memkv.Bucket, *memkv.Cursor]{}).dump(tx); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			return nil
		})
	}))
}

// snapshot returns the last commit.
func snapshot(db *memkv.DB) (f memkv.Frozen) {
	must(db.View(func(tx *memkv.Tx) error { f = tx.Freeze(); return nil }))
	return f
}

// The zero DB answers as bolt's zero DB does, which was never opened.
func TestZeroDB(t *testing.T) {
	batched := func(db *memkv.DB) *memkv.DB { db.MaxBatchSize = 3; return db }
	for name, db := range map[string]*memkv.DB{"zero": {}, "zero with batches": batched(&memkv.DB{}), "a fork": new(memkv.DB).Fork()} {
		ours, theirs := zeroResults(db, func(*memkv.Tx) error { return nil }), zeroResults(&bolt.DB{}, func(*bolt.Tx) error { return nil })
		if !slices.Equal(ours, theirs) || ours[0] != bolterrors.ErrDatabaseNotOpen {
			t.Errorf("%s: got %v, bolt's returns %v", name, ours, theirs)
		}
		if db.Path() != "" || db.IsReadOnly() || db.String() != `DB<"">` || db.Hash() != memkv.New().Hash() || db.Stats().TxN != 0 {
			t.Errorf("%s: %v, %+v", name, db, db.Stats())
		}
	}
}

// zeroResults returns the results of the calls that begin or end something.
func zeroResults[T any](db interface {
	Begin(writable bool) (*T, error)
	View(fn func(*T) error) error
	Update(fn func(*T) error) error
	Batch(fn func(*T) error) error
	Close() error
}, fn func(*T) error) (all []error) {
	for _, writable := range []bool{false, true} {
		tx, err := db.Begin(writable)
		if tx != nil {
			panic("a transaction of a database that is not open")
		}
		all = append(all, err)
	}
	return append(all, db.View(fn), db.Update(fn), db.Batch(fn), db.Close(), db.Close())
}

// TestManagedTransactions ends transactions inside the functions that manage them.
func TestManagedTransactions(t *testing.T) {
	db := memkv.New()
	for name, manage := range map[string]func(func(*memkv.Tx) error) error{"View": db.View, "Update": db.Update} {
		for end, fn := range map[string]func(*memkv.Tx) error{"commit": (*memkv.Tx).Commit, "rollback": (*memkv.Tx).Rollback} {
			t.Run(name+" "+end, func(t *testing.T) {
				wantPanic(t, "managed tx "+end, func() { _ = manage(fn) })
			})
		}
	}
}
