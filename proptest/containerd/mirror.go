package containerd

import (
	"go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/memkv"
)

// mirrored returns the database as seen by a bbolt transaction.
func mirrored(tx *bbolt.Tx) (*memkv.DB, error) {
	b := memkv.NewBuilder()
	err := tx.ForEach(func(name []byte, bucket *bbolt.Bucket) error { return copied(b, name, bucket) })
	if err != nil {
		return nil, err
	}
	return b.DB()
}

// copied copies a bucket.
func copied(b *memkv.Builder, name []byte, bucket *bbolt.Bucket) error {
	if err := b.Enter(name, bucket.Sequence()); err != nil {
		return err
	}
	err := bucket.ForEach(func(key, value []byte) error {
		if value == nil {
			return copied(b, key, bucket.Bucket(key))
		}
		return b.Put(key, value)
	})
	if err != nil {
		return err
	}
	return b.Leave()
}
