package memkv_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A node is a bucket made of maps: the naive model.
type node struct {
	sequence uint64
	values   map[string]string
	buckets  map[string]*node
}

func newNode() *node { return &node{values: map[string]string{}, buckets: map[string]*node{}} }

func (n *node) keys() []string {
	return slices.Sorted(func(yield func(string) bool) {
		for k := range n.values {
			if !yield(k) {
				return
			}
		}
		for k := range n.buckets {
			if !yield(k) {
				return
			}
		}
	})
}

// randomNode draws a tree of buckets of all sizes: empty, packed, in a slice, in a tree.
func randomNode(r *rand.Rand, depth int) *node {
	n := newNode()
	n.sequence = r.Uint64() >> r.IntN(64)
	if r.IntN(2) == 0 {
		n.sequence = 0
	}
	for range [...]int{0, 3, 10, 70, 300}[r.IntN(5)] {
		size := r.IntN(60)
		key := fmt.Sprintf("v%x", r.IntN(1000))
		switch r.IntN(50) {
		case 0:
			size = r.IntN(10_000)
		case 1:
			size = boundaries[r.IntN(len(boundaries))]
		case 2:
			key = padded(key, min(max(1, boundaries[r.IntN(len(boundaries))]), memkv.MaxKeySize))
		}
		n.values[key] = strings.Repeat(string(rune('a'+r.IntN(26))), size)
	}
	if depth > 0 {
		for range [...]int{0, 1, 2, 4}[r.IntN(4)] {
			n.buckets[fmt.Sprintf("%c%x", "bz"[r.IntN(2)], r.IntN(1000))] = randomNode(r, r.IntN(depth))
		}
		if r.IntN(8) > 0 {
			return n
		}
		for range 100 {
			n.buckets[fmt.Sprintf("m%x", r.IntN(1000))] = newNode()
		}
	}
	return n
}

// put writes n into a bucket through a transaction, in random order.
func (n *node) put(b *memkv.Bucket) {
	must(b.SetSequence(n.sequence))
	for k, v := range n.values {
		must(b.Put([]byte(k), []byte(v)))
	}
	for k, sub := range n.buckets {
		child, err := b.CreateBucket([]byte(k))
		must(err)
		sub.put(child)
	}
}

// build writes n with a Builder.
func (n *node) build(b *memkv.Builder) {
	must(b.SetSequence(n.sequence))
	for _, k := range n.keys() {
		if sub := n.buckets[k]; sub != nil {
			must(b.Enter([]byte(k), 99))
			sub.build(b)
			must(b.Leave())
			continue
		}
		must(b.Put([]byte(k), []byte(n.values[k])))
	}
}

func dump(f memkv.Frozen) string {
	var out strings.Builder
	must(f.Dump(&out))
	return out.String()
}

// A database built by a Builder, one written by a transaction, and one changed and restored by many transactions have
// the same state, however it is stored.
func TestSameState(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := randomNode(r, 4)
		builder := memkv.NewBuilder(memkv.WithStrictMode())
		n.build(builder)
		built, err := builder.DB()
		must(err)

		put := memkv.New(memkv.WithStrictMode())
		must(put.Update(func(tx *memkv.Tx) error { n.put(tx.Cursor().Bucket()); return nil }))
		put.Hash() // computes the sum, which later changes update

		// Each detour changes much and undoes it, in several transactions.
		for range 5 {
			var undo []func(tx *memkv.Tx)
			must(put.Update(func(tx *memkv.Tx) error { undo = detour(r, tx.Cursor().Bucket(), nil); return nil }))
			if r.IntN(2) == 0 && len(undo) > 0 && put.Hash() == built.Hash() {
				t.Fatalf("seed %d: the hash misses a change", seed)
			}
			must(put.Update(func(tx *memkv.Tx) error {
				for _, f := range slices.Backward(undo) {
					f(tx)
				}
				return nil
			}))
		}
		for name, db := range map[string]*memkv.DB{"put": put, "forked": put.Fork()} {
			must(db.View(func(tx *memkv.Tx) error {
				for fault := range tx.Check() {
					t.Errorf("seed %d: %s: %v", seed, name, fault)
				}
				if tx.Hash() != built.Hash() {
					t.Errorf("seed %d: %s: the hash differs from the built database", seed, name)
				}
				must(built.View(func(other *memkv.Tx) error {
					if dump(tx.Freeze()) != dump(other.Freeze()) {
						t.Errorf("seed %d: %s: the dump differs from the built database", seed, name)
					}
					return nil
				}))
				return nil
			}))
		}
	}
}

// detour changes b and buckets inside it, and returns the functions that undo the changes; call them in reverse order.
func detour(r *rand.Rand, b *memkv.Bucket, path []string) (undo []func(tx *memkv.Tx)) {
	at := func(tx *memkv.Tx) *memkv.Bucket { return tx.BucketAt(path...) }
	for range r.IntN(100) {
		k := []byte(fmt.Sprintf("v%x", r.IntN(1000)))
		was := b.Get(k)
		switch {
		case was != nil && r.IntN(2) == 0:
			must(b.Delete(k))
		case b.Bucket(k) == nil:
			must(b.Put(k, []byte("detour")))
		}
		undo = append(undo, func(tx *memkv.Tx) {
			if was == nil {
				must(at(tx).Delete(k))
			} else {
				must(at(tx).Put(k, was))
			}
		})
	}
	was := b.Sequence()
	_, err := b.NextSequence()
	must(err)
	undo = append(undo, func(tx *memkv.Tx) { must(at(tx).SetSequence(was)) })
	var names []string
	must(b.ForEachBucket(func(k []byte) error { names = append(names, string(k)); return nil }))
	for _, name := range names {
		k := []byte(name)
		switch r.IntN(6) {
		case 0:
			frozen := b.Bucket(k).Freeze()
			must(b.DeleteBucket(k))
			undo = append(undo, func(tx *memkv.Tx) { must(at(tx).PutBucket([]byte(name), frozen)) })
		case 1:
			must(b.Tx().MoveBucket(k, b, mustCreate(b, "detour")))
			undo = append(undo, func(tx *memkv.Tx) { must(tx.MoveBucket([]byte(name), at(tx).Bucket([]byte("detour")), at(tx))) })
		case 2, 3:
			undo = append(undo, detour(r, b.Bucket(k), append(slices.Clone(path), name))...)
		}
	}
	if b.Bucket([]byte("detour")) != nil {
		undo = slices.Insert(undo, 0, func(tx *memkv.Tx) { must(at(tx).DeleteBucket([]byte("detour"))) })
	}
	return undo
}

func mustCreate(b *memkv.Bucket, name string) *memkv.Bucket {
	child, err := b.CreateBucketIfNotExists([]byte(name))
	must(err)
	return child
}

// A cursor continues from its key while the bucket changes.
func TestCursorDuringChanges(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		model := map[string]string{}
		db := memkv.New()
		must(db.Update(func(tx *memkv.Tx) error {
			b := mustCreate(tx.Cursor().Bucket(), "bucket")
			c := b.Cursor()
			at, standing := "", false
			names := []int{8, 100, 1000}[r.IntN(3)]
			for range 2000 {
				k := fmt.Sprintf("%03x", r.IntN(names))
				keys := func() []string { return slices.Sorted(maps.Keys(model)) }
				want, moved := "", true
				var got []byte
				switch r.IntN(9) {
				case 0, 1:
					must(b.Put([]byte(k), []byte(k)))
					model[k] = k
					moved = false
				case 2:
					must(b.Delete([]byte(k)))
					delete(model, k)
					moved = false
				case 3:
					must(c.Delete())
					if standing {
						delete(model, at)
					}
					moved = false
				case 4:
					got, _ = c.Seek([]byte(k))
					for _, key := range keys() {
						if key >= k {
							want = key
							break
						}
					}
					at, standing = k, want != ""
				case 5:
					if r.IntN(5) > 0 || len(model) == 0 {
						moved = false
						break
					}
					got, _ = c.First()
					want, standing = keys()[0], true
				case 6:
					if r.IntN(5) > 0 || len(model) == 0 {
						moved = false
						break
					}
					got, _ = c.Last()
					want, standing = keys()[len(model)-1], true
				case 7:
					if at == "" {
						moved = false
						break
					}
					got, _ = c.Next()
					for _, key := range keys() {
						if key > at {
							want, standing = key, true
							break
						}
					}
				case 8:
					if at == "" {
						moved = false
						break
					}
					got, _ = c.Prev()
					for _, key := range slices.Backward(keys()) {
						if key < at {
							want, standing = key, true
							break
						}
					}
				}
				if moved && string(got) != want {
					t.Fatalf("seed %d: at %q of %d: got %q, want %q", seed, at, len(model), got, want)
				}
				if moved && want != "" {
					at = want
				}
				if r.IntN(100) == 0 {
					tx.Freeze() // packs buckets that are small enough
				}
			}
			return nil
		}))
	}
}
