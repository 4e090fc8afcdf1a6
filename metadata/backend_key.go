package metadata

import (
	"strconv"

	"github.com/holdfast-gc/holdfast/memkv"
)

// newBackendKey returns the key under which a backend, which knows of no
// namespaces, is to have something: NAMESPACE/NUMBER/KEY, with the next number
// of the bucket.
func newBackendKey(b *memkv.Bucket, namespace, key string) (string, error) {
	number, err := b.NextSequence()
	if err != nil {
		return "", err
	}
	return namespace + "/" + strconv.FormatUint(number, 10) + "/" + key, nil
}
