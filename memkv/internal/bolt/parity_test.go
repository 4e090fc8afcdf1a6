package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// This package reads the files of bbolt after a random history as bbolt does: with every page size, with and without a
// stored freelist, and both kinds of freelist. Not covered: files of big-endian machines.
func TestReadsBoltFiles(t *testing.T) {
	seed := uint64(1)
	for _, pageSize := range pageSizes {
		for _, noFreelistSync := range []bool{false, true} {
			for _, kind := range []bbolt.FreelistType{bbolt.FreelistArrayType, bbolt.FreelistMapType} {
				seed++
				name := fmt.Sprintf("page=%d/nofreelist=%v/freelist=%s/seed=%d", pageSize, noFreelistSync, kind, seed)
				t.Run(name, func(t *testing.T) {
					opt := bbolt.Options{PageSize: pageSize, NoFreelistSync: noFreelistSync, FreelistType: kind}
					db := openBolt(t, nil, opt)
					r := rand.New(rand.NewPCG(seed, 0))
					for range 6 {
						randomTransaction(t, r, db, 100)
					}
					want := boltTree(t, db)
					got := mustRead(t, fileOf(t, db))
					if got.dump() != want.dump() {
						t.Fatal("differs from the tree that bbolt reads")
					}
				})
			}
		}
	}
}

// bbolt reads our files, finds no fault, and can change them.
func TestBoltReadsOurFiles(t *testing.T) {
	seed := uint64(100)
	for _, pageSize := range pageSizes {
		for _, fill := range []float64{0.1, 0, 1} {
			seed++
			t.Run(fmt.Sprintf("page=%d/fill=%v/seed=%d", pageSize, fill, seed), func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, 0))
				root := randomTree(r, 50, 2)
				opt := Options{PageSize: pageSize, Fill: fill, NoFreelist: r.IntN(2) == 0}
				data := mustWrite(t, root, opt)
				if !bytes.Equal(data, mustWrite(t, root, opt)) {
					t.Error("writing twice gives other bytes")
				}
				if got := mustRead(t, data); got.dump() != root.dump() {
					t.Fatal("reads back as another tree")
				}
				db := openBolt(t, data, bbolt.Options{NoFreelistSync: opt.NoFreelist})
				if got := boltTree(t, db); got.dump() != root.dump() {
					t.Fatal("bbolt reads another tree")
				}
				for range 3 {
					randomTransaction(t, r, db, 60)
				}
				want := boltTree(t, db)
				if got := mustRead(t, fileOf(t, db)); got.dump() != want.dump() {
					t.Fatal("after bbolt's changes: differs from the tree that bbolt reads")
				}
			})
		}
	}
}

// Write inlines a bucket if and only if bbolt does.
func TestInlineBuckets(t *testing.T) {
	const pageSize = 4096
	for size := 980; size < 1000; size++ {
		sub := &tree{items: []item{{key: "k", value: make([]byte, size)}}}
		data := mustWrite(t, &tree{items: []item{{key: "b", sub: sub}}}, Options{PageSize: pageSize})
		stats := func(db *bbolt.DB) (inline int) {
			db.View(func(tx *bbolt.Tx) error { inline = tx.Bucket([]byte("b")).Stats().InlineBucketN; return nil })
			return inline
		}
		ours := stats(openBolt(t, data, bbolt.Options{}))
		db := openBolt(t, nil, bbolt.Options{PageSize: pageSize})
		if err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucket([]byte("b"))
			if err != nil {
				return err
			}
			return b.Put([]byte("k"), make([]byte, size))
		}); err != nil {
			t.Fatal(err)
		}
		if theirs := stats(db); ours != theirs {
			t.Fatalf("value of %d bytes: %d inline buckets, bbolt has %d", size, ours, theirs)
		}
	}
}

// bbolt deletes from tightly filled pages until the bucket is empty: its rebalancing relies on the shape of the tree.
func TestBoltEmptiesOurFiles(t *testing.T) {
	for _, pageSize := range []int{1 << 10, 1 << 12} {
		root := sample()
		// Long keys give branch pages with the fewest children.
		long := &tree{}
		for i := range 40 {
			long.items = append(long.items, item{key: fmt.Sprintf("%02d", i) + string(make([]byte, 3000)), value: []byte("v")})
		}
		root.items = append(root.items, item{key: "long", sub: long})
		db := openBolt(t, mustWrite(t, root, Options{PageSize: pageSize, Fill: 1}), bbolt.Options{})
		r := rand.New(rand.NewPCG(uint64(pageSize), 0))
		for _, name := range []string{"large", "long"} {
			var keys [][]byte
			for _, it := range root.items {
				if it.key == name {
					for _, e := range it.sub.items {
						keys = append(keys, []byte(e.key))
					}
				}
			}
			r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			for len(keys) > 0 {
				n := min(len(keys), 1+r.IntN(200))
				if err := db.Update(func(tx *bbolt.Tx) error {
					for _, k := range keys[:n] {
						if err := tx.Bucket([]byte(name)).Delete(k); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				keys = keys[n:]
				boltTree(t, db)
			}
		}
		want := boltTree(t, db)
		if got := mustRead(t, fileOf(t, db)); got.dump() != want.dump() {
			t.Fatal("differs from the tree that bbolt reads")
		}
	}
}

// randomTransaction makes n random changes at random places. In a second transaction it moves or deletes a bucket,
// because bbolt loses pages or panics if the bucket was changed in the same transaction.
func randomTransaction(t testing.TB, r *rand.Rand, db *bbolt.DB, n int) {
	t.Helper()
	err := db.Update(func(tx *bbolt.Tx) error {
		for range n {
			if err := randomChange(r, tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error { return moveOrDelete(r, tx) }); err != nil {
		t.Fatal(err)
	}
}

func randomChange(r *rand.Rand, tx *bbolt.Tx) error {
	b, _ := randomBucket(r, tx)
	switch op := r.IntN(10); op {
	case 0, 1:
		_, err := b.CreateBucketIfNotExists([]byte(randomKey(r)))
		return ignoreIncompatible(err)
	case 2:
		return b.SetSequence(r.Uint64())
	case 3, 4:
		return ignoreIncompatible(b.Delete(nearbyKey(r, b)))
	}
	return ignoreIncompatible(b.Put([]byte(randomKey(r)), randomValue(r)))
}

func moveOrDelete(r *rand.Rand, tx *bbolt.Tx) error {
	b, parent := randomBucket(r, tx)
	name := randomBucketName(r, b)
	switch {
	case name == nil:
		return nil
	case parent == nil || parent.Get(name) != nil || parent.Bucket(name) != nil:
		return b.DeleteBucket(name)
	}
	return b.MoveBucket(name, parent)
}

// randomBucket walks down to a random bucket; its parent is nil if it is the root.
func randomBucket(r *rand.Rand, tx *bbolt.Tx) (b, parent *bbolt.Bucket) {
	b = tx.Cursor().Bucket()
	for range r.IntN(6) {
		if name := randomBucketName(r, b); name != nil {
			parent, b = b, b.Bucket(name)
		}
	}
	return b, parent
}

func ignoreIncompatible(err error) error {
	if errors.Is(err, berrors.ErrIncompatibleValue) {
		return nil
	}
	return err
}

// nearbyKey returns a key near a random place, or one that does not exist.
func nearbyKey(r *rand.Rand, b *bbolt.Bucket) []byte {
	key := []byte(randomKey(r))
	if k, v := b.Cursor().Seek(key); v != nil {
		return bytes.Clone(k)
	}
	return key
}

// randomBucketName returns the name of a nested bucket near a random place, or nil.
func randomBucketName(r *rand.Rand, b *bbolt.Bucket) []byte {
	c := b.Cursor()
	k, v := c.Seek([]byte(randomKey(r)))
	for ; k != nil; k, v = c.Next() {
		if v == nil {
			return bytes.Clone(k)
		}
	}
	return nil
}

// No branch page has fewer children than bolt needs, for any number of children.
func TestMinimumBranchChildren(t *testing.T) {
	const pageSize = 1024
	for _, keySize := range []int{10, 200, 700} {
		var root tree
		for n := range 60 {
			key := fmt.Sprintf("%0*d", keySize, n)
			root.items = append(root.items, item{key: key, value: make([]byte, pageSize)})
			data := mustWrite(t, &root, Options{PageSize: pageSize})
			mustRead(t, data)
			for id := firstDataPage; id < len(data)/pageSize; {
				h := decodeHeader(data[id*pageSize:])
				if h.flags == branchFlag && h.count < minChildren {
					t.Fatalf("%d keys of %d bytes: branch page %d has %d elements", n+1, keySize, id, h.count)
				}
				id += 1 + int(h.overflow)
			}
		}
	}
}
