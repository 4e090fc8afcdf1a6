package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/log"
	bolt "go.etcd.io/bbolt"
)

// TestCollectedEqualsDaemon compares the output of gc with the database after the daemon's own collection: bbolt checks
// both, and every bucket, sequence and value is equal.
func TestCollectedEqualsDaemon(t *testing.T) {
	compared := 0
	eachFixture(t, func(t *testing.T, dir string, e expected) {
		after := unpack(t, filepath.Join(dir, "after.db.gz"))
		if after == "" {
			t.Skip("the fixture has no database from after the collection")
		}
		out := filepath.Join(t.TempDir(), "out.db")
		holdfast(t, "gc", filepath.Join(dir, "before.db.gz"), "-o", out, "--at", e.At.Format(time.RFC3339Nano), "--containerd", e.CollectedBy)
		if got, want := dump(t, out), dump(t, after); got != want {
			t.Errorf("differs from the daemon's database: got\n%s\nwant\n%s", got, want)
		}
		compared++
	})
	if compared < 5 {
		t.Errorf("only %d fixtures have a database from after the collection", compared)
	}
}

// TestContainerdFindsNothingToCollect runs containerd's own collection on the output of gc, at the same time.
func TestContainerdFindsNothingToCollect(t *testing.T) {
	eachFixture(t, func(t *testing.T, dir string, e expected) {
		out := filepath.Join(t.TempDir(), "out.db")
		holdfast(t, "gc", filepath.Join(dir, "before.db.gz"), "-o", out, "--at", e.At.Format(time.RFC3339Nano), "--containerd", "2.4")
		before := dump(t, out)
		collect(t, out, e.At)
		if after := dump(t, out); after != before {
			t.Errorf("containerd changed the output of gc: got\n%s\nwant\n%s", after, before)
		}
	})
}

// TestContainerdCollects runs the same collection on a database with garbage, to show that the test above can fail.
func TestContainerdCollects(t *testing.T) {
	path := unpack(t, "testdata/tiny.db.gz")
	before := dump(t, path)
	collect(t, path, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	if dump(t, path) == before {
		t.Error("containerd collected nothing")
	}
}

// collect runs a collection of containerd's own package on a database at a given time.
func collect(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := log.SetLevel("error"); err != nil { // it warns about unknown labels
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(at))
		db, err := bolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		store, err := local.NewStore(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		m := metadata.NewDB(db, store, nil)
		if err := m.Init(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.GarbageCollect(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}

// unpack decompresses a file and returns the path of the copy, or "" if the file does not exist.
func unpack(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacker, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unpacker)
	if err != nil {
		t.Fatal(err)
	}
	unpacked := filepath.Join(t.TempDir(), "unpacked.db")
	if err := os.WriteFile(unpacked, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return unpacked
}

// dump checks a file with bbolt, and returns its contents as text.
func dump(t *testing.T, path string) string {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var out bytes.Buffer
	err = db.View(func(tx *bolt.Tx) error {
		for fault := range tx.Check() {
			t.Errorf("%s: %v", path, fault)
		}
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error { return dumpBucket(&out, "", name, b) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func dumpBucket(out io.Writer, indent string, name []byte, b *bolt.Bucket) error {
	fmt.Fprintf(out, "%s%q (%d)\n", indent, name, b.Sequence())
	return b.ForEach(func(key, value []byte) error {
		if value == nil {
			return dumpBucket(out, indent+" ", key, b.Bucket(key))
		}
		fmt.Fprintf(out, "%s %q=%q\n", indent, key, value)
		return nil
	})
}
