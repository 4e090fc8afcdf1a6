package metadata

import "github.com/holdfast-gc/holdfast/memkv"

// eachBucket calls fn for every bucket in b, in the order of their names. A nil
// b has none.
func eachBucket(b *memkv.Bucket, fn func(name []byte, b *memkv.Bucket) error) error {
	if b == nil {
		return nil
	}
	return b.ForEachBucket(func(name []byte) error { return fn(name, b.Bucket(name)) })
}
