package common

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// hashDatabase returns the first 8 bytes of the SHA-256 of the whole tree, in key order. A pair is encoded as 'v' key
// value, a bucket as 'b' key contents 'e'. A length (uvarint) precedes each key and value.
func hashDatabase(t *testing.T, db *bolt.DB) string {
	h := sha256.New()
	err := db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			hashBucket(h, name, b)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func hashBucket(h hash.Hash, name []byte, b *bolt.Bucket) {
	h.Write([]byte{'b'})
	sized(h, name)
	c := b.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if v == nil {
			hashBucket(h, k, b.Bucket(k))
			continue
		}
		h.Write([]byte{'v'})
		sized(h, k)
		sized(h, v)
	}
	h.Write([]byte{'e'})
}

func sized(h hash.Hash, data []byte) {
	h.Write(binary.AppendUvarint(nil, uint64(len(data))))
	h.Write(data)
}
