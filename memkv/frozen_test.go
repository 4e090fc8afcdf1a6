package memkv_test

import (
	"fmt"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestFrozenAt looks up a path before, during and after changes on it.
func TestFrozenAt(t *testing.T) {
	db := memkv.New()
	expect := func(find func(...string) (memkv.Frozen, bool), want string) {
		t.Helper()
		f, ok := find("a", "b", "c")
		if got := string(f.Get("key")); ok != (want != "") || got != want {
			t.Errorf("got %q, %v, want %q", got, ok, want)
		}
	}
	err := db.Update(func(tx *memkv.Tx) error {
		expect(tx.FrozenAt, "")
		c, err := tx.CreateBucket([]byte("a"))
		for _, name := range []string{"b", "c"} {
			if err == nil {
				c, err = c.CreateBucket([]byte(name))
			}
		}
		if err != nil {
			return err
		}
		return c.Put([]byte("key"), []byte("first"))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *memkv.Tx) error {
		expect(tx.FrozenAt, "first")
		if err := tx.BucketAt("a", "b", "c").Put([]byte("key"), []byte("second")); err != nil {
			return err
		}
		expect(tx.FrozenAt, "second")
		if err := tx.BucketAt("a").DeleteBucket([]byte("b")); err != nil {
			return err
		}
		expect(tx.FrozenAt, "")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *memkv.Tx) error {
		expect(tx.FrozenAt, "")
		if f, ok := tx.BucketAt("a").FrozenAt(); !ok || f.Len() != 0 {
			t.Errorf("an empty path: %d entries, %v", f.Len(), ok)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Text is Get as a string. A bucket and a missing entry have no text.
func TestFrozenText(t *testing.T) {
	db := memkv.New()
	err := db.Update(func(tx *memkv.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		if err == nil {
			err = b.Put([]byte("key"), []byte("value"))
		}
		if err == nil {
			_, err = b.CreateBucket([]byte("nested"))
		}
		if err != nil {
			return err
		}
		f, _ := tx.FrozenAt("b")
		for key, want := range map[string]string{"key": "value", "nested": "", "none": ""} {
			if got := f.Text(key); got != want || got != string(f.Get(key)) {
				t.Errorf("%s: got %q, want %q", key, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAllStops ends loops over buckets of several sizes after each number of entries. An iterator visits them all.
func TestAllStops(t *testing.T) {
	for _, size := range []int{1, 15, 16, 17, 33, 48, 100} {
		db := memkv.New()
		err := db.Update(func(tx *memkv.Tx) error {
			b, err := tx.CreateBucket([]byte("bucket"))
			for i := 0; i < size && err == nil; i++ {
				err = b.Put(fmt.Appendf(nil, "%03d", i), fmt.Appendf(nil, "value %d", i))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var f memkv.Frozen
		if err := db.View(func(tx *memkv.Tx) error { f, _ = tx.FrozenAt("bucket"); return nil }); err != nil {
			t.Fatal(err)
		}
		f.Prefetch()
		i := f.Iterator()
		if text := i.Entry().Text(); text != "" {
			t.Errorf("%d entries: an iterator begins with the entry %q", size, text)
		}
		for n := 0; i.Next(); n++ {
			if want := fmt.Sprintf("%03d value %d", n, n); i.Key()+" "+i.Entry().Text() != want {
				t.Fatalf("%d entries, iterator at %q %q, want %q", size, i.Key(), i.Entry().Text(), want)
			}
		}
		for stop := range size + 1 {
			n := 0
			for key, e := range f.All() {
				if n == stop {
					break
				}
				if want := fmt.Sprintf("%03d value %d", n, n); key+" "+e.Text() != want {
					t.Fatalf("%d entries, entry %d is %q %q, want %q", size, n, key, e.Text(), want)
				}
				n++
			}
			if n != stop {
				t.Fatalf("%d entries, stopped at %d instead of %d", size, n, stop)
			}
		}
	}
}
