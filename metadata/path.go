package metadata

import (
	"strconv"
	"strings"

	"github.com/holdfast-gc/holdfast/memkv"
)

// ensureBucket returns the bucket at path. It creates missing buckets on the way.
func ensureBucket(tx *memkv.Tx, path ...string) (*memkv.Bucket, error) {
	if tx.DB() != nil && tx.Writable() {
		if b := tx.BucketAt(path...); b != nil {
			return b, nil
		}
	}
	b, err := tx.CreateBucketIfNotExists([]byte(path[0]))
	if err != nil {
		return nil, err
	}
	return ensureWithin(b, path[1:]...)
}

// ensureWithin is ensureBucket for a path below b.
func ensureWithin(b *memkv.Bucket, path ...string) (*memkv.Bucket, error) {
	if found := b.BucketAt(path...); found != nil {
		return found, nil
	}
	for _, name := range path {
		var err error
		if b, err = b.CreateBucketIfNotExists([]byte(name)); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// isEmpty reports whether b is nil or has no keys.
func isEmpty(b *memkv.Bucket) bool {
	if b == nil {
		return true
	}
	first, _ := b.Cursor().First()
	return first == nil
}

// newBackendKey returns a unique key for a resource in a backend, which has no namespaces. The key has the form
// NAMESPACE/NUMBER/KEY, with the next sequence number of b.
func newBackendKey(b *memkv.Bucket, namespace, key string) (string, error) {
	number, err := b.NextSequence()
	if err != nil {
		return "", err
	}
	return namespace + "/" + strconv.FormatUint(number, 10) + "/" + key, nil
}

// parseBackendKey returns the namespace and the key that newBackendKey joined.
func parseBackendKey(backendKey string) (namespace, key string, ok bool) {
	namespace, rest, _ := strings.Cut(backendKey, "/")
	number, key, ok := strings.Cut(rest, "/")
	return namespace, key, ok && number != "" && strings.Trim(number, "0123456789") == ""
}
