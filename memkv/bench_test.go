package memkv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/tidwall/btree"
	bolt "go.etcd.io/bbolt"
)

// The benchmarks run both implementations with the same keys and values of 40 bytes each. The order is neither
// ascending nor clustered.

var benchSizes = []int{100_000, 1_000_000}

func benchKey(i int) []byte { return fmt.Appendf(nil, "key-%036d", i) }

func benchKeys(n int) [][]byte {
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = benchKey(i)
	}
	return keys
}

// scattered visits all numbers from 0 to n-1; successive ones are far apart.
func scattered(i, n int) int { return int(uint64(i) * 2654435761 % uint64(n)) }

var benchValue = []byte("0123456789012345678901234567890123456789")

func benchOurs(b *testing.B, keys [][]byte) *memkv.DB {
	builder := memkv.NewBuilder()
	must(builder.Enter([]byte("bucket"), 0))
	for _, key := range keys {
		must(builder.Put(key, benchValue))
	}
	must(builder.Leave())
	db, err := builder.DB()
	must(err)
	return db
}

// benchTheirs gives bbolt its best case: in memory, without sync, without a freelist.
func benchTheirs(b *testing.B, keys [][]byte) *bolt.DB {
	dir, err := os.MkdirTemp("/dev/shm", "memkv")
	if err != nil {
		dir = b.TempDir()
	}
	b.Cleanup(func() { must(os.RemoveAll(dir)) })
	db, err := bolt.Open(filepath.Join(dir, "db"), 0o600, &bolt.Options{
		NoSync: true, NoFreelistSync: true, NoGrowSync: true, FreelistType: bolt.FreelistMapType, InitialMmapSize: 1 << 30,
	})
	must(err)
	b.Cleanup(func() { must(db.Close()) })
	must(db.Update(func(tx *bolt.Tx) error {
		bucket, err := tx.CreateBucket([]byte("bucket"))
		for _, key := range keys {
			must(bucket.Put(key, benchValue))
		}
		return err
	}))
	return db
}

// bothStores runs a benchmark on each store at each size.
func bothStores(b *testing.B, ours func(*testing.B, *memkv.DB, [][]byte), theirs func(*testing.B, *bolt.DB, [][]byte)) {
	for _, size := range benchSizes {
		keys := benchKeys(size)
		b.Run(fmt.Sprintf("keys=%d/store=memkv", size), func(b *testing.B) {
			db := benchOurs(b, keys)
			b.ReportAllocs()
			b.ResetTimer()
			ours(b, db, keys)
		})
		b.Run(fmt.Sprintf("keys=%d/store=bbolt", size), func(b *testing.B) {
			db := benchTheirs(b, keys)
			b.ReportAllocs()
			b.ResetTimer()
			theirs(b, db, keys)
		})
	}
}

var benchBucket = []byte("bucket")

func BenchmarkPut(b *testing.B) {
	bothStores(b, func(b *testing.B, db *memkv.DB, keys [][]byte) {
		for i := range b.N {
			must(db.Update(func(tx *memkv.Tx) error {
				return tx.Bucket(benchBucket).Put(keys[scattered(i, len(keys))], benchValue)
			}))
		}
	}, func(b *testing.B, db *bolt.DB, keys [][]byte) {
		for i := range b.N {
			must(db.Update(func(tx *bolt.Tx) error {
				return tx.Bucket(benchBucket).Put(keys[scattered(i, len(keys))], benchValue)
			}))
		}
	})
}

// BenchmarkPutNested changes a value of a small bucket within a small bucket, as an update of a label does. There are
// 1,000 of them.
func BenchmarkPutNested(b *testing.B) {
	const records = 1000
	name, labels := []byte("name"), []byte("labels")
	keys := benchKeys(records)
	b.Run("store=memkv", func(b *testing.B) {
		db := memkv.New()
		for _, key := range keys {
			must(db.Update(func(tx *memkv.Tx) error {
				top, err := tx.CreateBucketIfNotExists(benchBucket)
				must(err)
				record := mustCreate(top, string(key))
				must(record.Put(name, benchValue))
				must(mustCreate(record, string(labels)).Put(name, benchValue))
				return nil
			}))
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(db.Update(func(tx *memkv.Tx) error {
				key := string(keys[scattered(i, records)])
				return tx.BucketAt(string(benchBucket), key, string(labels)).Put(name, benchValue)
			}))
		}
	})
	b.Run("store=bbolt", func(b *testing.B) {
		db := openBolt(b)
		for _, key := range keys {
			must(db.Update(func(tx *bolt.Tx) error {
				top, err := tx.CreateBucketIfNotExists(benchBucket)
				must(err)
				record, err := top.CreateBucket(key)
				must(err)
				must(record.Put(name, benchValue))
				nested, err := record.CreateBucket(labels)
				must(err)
				return nested.Put(name, benchValue)
			}))
		}
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			must(db.Update(func(tx *bolt.Tx) error {
				return tx.Bucket(benchBucket).Bucket(keys[scattered(i, records)]).Bucket(labels).Put(name, benchValue)
			}))
		}
	})
}

func BenchmarkGet(b *testing.B) {
	bothStores(b, func(b *testing.B, db *memkv.DB, keys [][]byte) {
		must(db.View(func(tx *memkv.Tx) error {
			bucket := tx.Bucket(benchBucket)
			for i := range b.N {
				if bucket.Get(keys[scattered(i, len(keys))]) == nil {
					b.Fatal("missing")
				}
			}
			return nil
		}))
	}, func(b *testing.B, db *bolt.DB, keys [][]byte) {
		must(db.View(func(tx *bolt.Tx) error {
			bucket := tx.Bucket(benchBucket)
			for i := range b.N {
				if bucket.Get(keys[scattered(i, len(keys))]) == nil {
					b.Fatal("missing")
				}
			}
			return nil
		}))
	})
	// The same operation on a plain tree of the same degree, without transactions.
	for _, size := range benchSizes {
		keys := benchKeys(size)
		b.Run(fmt.Sprintf("keys=%d/store=btree", size), func(b *testing.B) {
			tree := btree.NewMap[string, []byte](memkv.TreeDegree)
			names := make([]string, len(keys))
			for i, key := range keys {
				names[i] = string(key)
				tree.Load(names[i], append([]byte(nil), benchValue...))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if _, ok := tree.Get(names[scattered(i, len(keys))]); !ok {
					b.Fatal("missing")
				}
			}
		})
	}
}

// BenchmarkScan visits all keys; one operation is one key.
func BenchmarkScan(b *testing.B) {
	bothStores(b, func(b *testing.B, db *memkv.DB, keys [][]byte) {
		must(db.View(func(tx *memkv.Tx) error {
			c := tx.Bucket(benchBucket).Cursor()
			for k, _ := c.First(); b.Loop(); k, _ = c.Next() {
				if k == nil {
					c.First()
				}
			}
			return nil
		}))
	}, func(b *testing.B, db *bolt.DB, keys [][]byte) {
		must(db.View(func(tx *bolt.Tx) error {
			c := tx.Bucket(benchBucket).Cursor()
			for k, _ := c.First(); b.Loop(); k, _ = c.Next() {
				if k == nil {
					c.First()
				}
			}
			return nil
		}))
	})
}

func BenchmarkFork(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("keys=%d/store=memkv", size), func(b *testing.B) {
			db := benchOurs(b, benchKeys(size))
			b.ReportAllocs()
			for b.Loop() {
				db.Fork()
			}
		})
	}
}
