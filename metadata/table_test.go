package metadata_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/images"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// newImages returns a database with the image "i", and a store of images.
func newImages(t *testing.T) (*memkv.DB, images.Store) {
	t.Helper()
	kv := memkv.New()
	db := metadata.NewDB(kv, nil, nil)
	if err := db.Init(context.Background()); err != nil {
		t.Fatal(err)
	}
	store := metadata.NewImageStore(db)
	image := images.Image{Name: "i", Target: descriptor("a", nil), Labels: labels("k", "v")}
	if _, err := store.Create(inDefault, image); err != nil {
		t.Fatal(err)
	}
	return kv, store
}

// edit calls fn with the bucket at path.
func edit(t *testing.T, kv *memkv.DB, fn func(b *memkv.Bucket) error, path ...string) {
	t.Helper()
	if err := kv.Update(func(tx *memkv.Tx) error { return fn(tx.BucketAt(path...)) }); err != nil {
		t.Fatal(err)
	}
}

// Updates keep entries that the schema does not have.
func TestUnknownEntriesStay(t *testing.T) {
	kv, store := newImages(t)
	record := []string{"v1", "default", "images", "i"}
	unknown := func(b *memkv.Bucket) error {
		for _, key := range []string{"a", "lab", "z"} {
			if err := b.Put([]byte(key), []byte("unknown "+key)); err != nil {
				return err
			}
		}
		nested, err := b.CreateBucket([]byte("nested"))
		if err != nil {
			return err
		}
		if err := nested.SetSequence(1); err != nil {
			return err
		}
		if err := nested.Put([]byte("deep"), []byte(strings.Repeat("x", 5000))); err != nil {
			return err
		}
		return b.SetSequence(42)
	}
	edit(t, kv, unknown, record...)
	edit(t, kv, func(b *memkv.Bucket) error { return b.Put([]byte("extra"), nil) }, append(record, "target")...)

	before := dumped(t, kv)
	image, err := store.Get(inDefault, "i")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Update(inDefault, image); err != nil {
		t.Fatal(err)
	}
	after := dumped(t, kv)
	if cut(before) != cut(after) {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if before == after {
		t.Error("the image was not updated")
	}
}

func dumped(t *testing.T, kv *memkv.DB) string {
	t.Helper()
	var text bytes.Buffer
	if err := kv.View(func(tx *memkv.Tx) error { return tx.Dump(&text) }); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// cut removes the time of the update.
func cut(dump string) string {
	var kept []string
	for _, line := range strings.Split(dump, "\n") {
		if !strings.Contains(line, "updatedat") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// The error of a damaged record names the record and the damage. List skips values in place of records.
func TestDamagedRecords(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(*memkv.Bucket) error
		want   string // "": it can be read
	}{
		{"time", func(b *memkv.Bucket) error { return b.Put([]byte("createdat"), []byte("x")) }, "createdat"},
		{"no target", func(b *memkv.Bucket) error { return b.DeleteBucket([]byte("target")) }, "target"},
		{"size", func(b *memkv.Bucket) error { return b.Bucket([]byte("target")).Put([]byte("size"), nil) }, ""},
		{"labels", func(b *memkv.Bucket) error {
			if err := b.DeleteBucket([]byte("labels")); err != nil {
				return err
			}
			return b.Put([]byte("labels"), []byte("x"))
		}, ""},
		{"a bucket in place of a text", func(b *memkv.Bucket) error {
			target := b.Bucket([]byte("target"))
			if err := target.Delete([]byte("mediatype")); err != nil {
				return err
			}
			_, err := target.CreateBucket([]byte("mediatype"))
			return err
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			kv, store := newImages(t)
			edit(t, kv, c.damage, "v1", "default", "images", "i")
			_, getErr := store.Get(inDefault, "i")
			_, listErr := store.List(inDefault)
			for _, err := range []error{getErr, listErr} {
				switch {
				case c.want == "" && err != nil:
					t.Error(err)
				case c.want != "" && (err == nil || !strings.Contains(err.Error(), `image "i"`) || !strings.Contains(err.Error(), c.want)):
					t.Errorf("%v", err)
				}
			}
		})
	}
	kv, store := newImages(t)
	edit(t, kv, func(b *memkv.Bucket) error { return b.Put([]byte("value"), nil) }, "v1", "default", "images")
	if all, err := store.List(inDefault); len(all) != 1 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}
