package memkv_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
)

// boundaries are the sizes of keys and values at which an encoding changes: the length of a number in the packed form
// (a key has one bit less than a value), a byte, the limit of a packed bucket, the limit of keys, and two bytes.
var boundaries = []int{
	0, 1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 4000, 4095, 4096, 4097, 8191, 8192, 8193,
	16383, 16384, 16385, memkv.MaxKeySize - 1, memkv.MaxKeySize, memkv.MaxKeySize + 1, 65535, 65536, 65537,
}

// padded returns a key of this size that begins with prefix, or with a part of it if size is too small.
func padded(prefix string, size int) string {
	if size <= len(prefix) {
		return prefix[:size]
	}
	return prefix + strings.Repeat("x", size-len(prefix))
}

// allowedKey reports whether a value can be stored under a key of this size.
func allowedKey(size int) bool { return 0 < size && size <= memkv.MaxKeySize }

// Keys, names and values of all sizes can be stored and read, in buckets of every form.
func TestSizes(t *testing.T) {
	for _, company := range []int{0, 1, 40} { // other entries in the bucket
		for _, keySize := range boundaries {
			if keySize == 0 {
				continue
			}
			t.Run(fmt.Sprintf("entries=%d/key=%d", company+2, keySize), func(t *testing.T) {
				for _, valueSize := range boundaries {
					n := newNode()
					for i := range company {
						n.values[fmt.Sprintf("k%02d", i)] = "v"
					}
					if allowedKey(keySize) {
						n.values[padded("kv", keySize)] = strings.Repeat("v", valueSize)
					}
					// A bucket's name has no limit in a transaction, as in bolt. The two differ in their first byte.
					inner := newNode()
					inner.values["k"] = strings.Repeat("V", valueSize)
					n.buckets[padded("nb", keySize)] = inner
					checkSizes(t, n)
				}
			})
		}
	}
}

// checkSizes stores the contents of n in every way, and reads them in every way.
func checkSizes(t *testing.T, n *node) {
	t.Helper()
	put := memkv.New(memkv.WithStrictMode())
	must(put.Update(func(tx *memkv.Tx) error {
		n.put(mustCreate(tx.Cursor().Bucket(), "bucket"))
		return nil
	}))
	builder := memkv.NewBuilder(memkv.WithStrictMode())
	must(builder.Enter([]byte("bucket"), 0))
	n.build(builder)
	must(builder.Leave())
	built, err := builder.DB()
	must(err)
	var file bytes.Buffer
	must(put.View(func(tx *memkv.Tx) error { _, err := boltfile.Write(&file, tx); return err }))
	read, err := boltfile.ReadBytes(file.Bytes())
	must(err)
	for how, db := range map[string]*memkv.DB{"put": put, "built": built, "read from a file": read} {
		must(db.View(func(tx *memkv.Tx) error {
			if d := n.differs(tx.Bucket([]byte("bucket")).Freeze()); d != "" {
				t.Fatalf("%s: %s", how, d)
			}
			if d := n.walked(tx.Bucket([]byte("bucket"))); d != "" {
				t.Fatalf("%s: %s", how, d)
			}
			if db.Hash() != put.Hash() {
				t.Fatalf("%s: the hash differs", how)
			}
			return nil
		}))
	}
	must(put.Update(func(tx *memkv.Tx) error {
		b := tx.Bucket([]byte("bucket"))
		for _, key := range n.keys() {
			if n.buckets[key] != nil {
				must(b.DeleteBucket([]byte(key)))
			} else {
				must(b.Delete([]byte(key)))
			}
			if b.Get([]byte(key)) != nil || b.Bucket([]byte(key)) != nil {
				t.Fatalf("the deleted key %.20q of %d bytes is found", key, len(key))
			}
		}
		return nil
	}))
	must(put.View(func(tx *memkv.Tx) error {
		if n := tx.Bucket([]byte("bucket")).Freeze().Len(); n != 0 {
			t.Fatalf("%d entries are left", n)
		}
		return nil
	}))
}

// walked returns the first difference between n and what the cursor of b finds in both directions and by Seek, or "".
func (n *node) walked(b *memkv.Bucket) string {
	keys := n.keys()
	reversed := slices.Clone(keys)
	slices.Reverse(reversed)
	c := b.Cursor()
	for direction, walk := range map[string]struct {
		start, step func() ([]byte, []byte)
		keys        []string
	}{
		"forward":  {c.First, c.Next, keys},
		"backward": {c.Last, c.Prev, reversed},
	} {
		k, v := walk.start()
		for _, want := range walk.keys {
			if string(k) != want || string(v) != n.values[want] {
				return fmt.Sprintf("%s: key %.20q of %d bytes, want %.20q of %d", direction, k, len(k), want, len(want))
			}
			k, v = walk.step()
		}
		if k != nil {
			return fmt.Sprintf("%s: an entry %.20q too many", direction, k)
		}
	}
	for _, want := range keys {
		if k, v := c.Seek([]byte(want)); string(k) != want || string(v) != n.values[want] {
			return fmt.Sprintf("Seek of %.20q finds %.20q of %d bytes", want, k, len(k))
		}
	}
	return ""
}

// A bucket at the limit of its packed form, and one byte to either side.
func TestPackedLimit(t *testing.T) {
	for size := 4060; size <= 4110; size++ {
		n, inner := newNode(), newNode()
		n.values["k"] = strings.Repeat("v", size)
		inner.values["k"] = strings.Repeat("v", size-20)
		outer := newNode()
		outer.buckets["inner"] = inner
		outer.values["k"] = "v"
		checkSizes(t, n)
		checkSizes(t, outer)
	}
}

// Keys outside the limits are errors, and change nothing.
func TestKeyLimits(t *testing.T) {
	for _, size := range boundaries {
		var want error
		if size == 0 {
			want = errors.ErrKeyRequired
		} else if size > memkv.MaxKeySize {
			want = errors.ErrKeyTooLarge
		}
		t.Run(fmt.Sprintf("key=%d", size), func(t *testing.T) {
			db := memkv.New()
			key := []byte(padded("k", size))
			must(db.Update(func(tx *memkv.Tx) error {
				b := mustCreate(tx.Cursor().Bucket(), "bucket")
				before := tx.Hash()
				if err := b.Put(key, []byte("v")); err != want {
					t.Errorf("Put: %v, want %v", err, want)
				}
				if changed := tx.Hash() != before; changed != (want == nil) {
					t.Errorf("Put has changed the bucket: %v", changed)
				}
				return nil
			}))
			builder := memkv.NewBuilder()
			if err := builder.Put(key, []byte("v")); (err != nil) != (want != nil) {
				t.Errorf("Builder.Put: %v, want %v", err, want)
			}
		})
	}
}
