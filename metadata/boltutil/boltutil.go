package boltutil

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/message"
)

var (
	keyAnnotations = []byte("annotations")
	keyCreatedAt   = []byte("createdat")
	keyExtensions  = []byte("extensions")
	keyLabels      = []byte("labels")
	keyUpdatedAt   = []byte("updatedat")
)

// ReadLabels returns the labels of a record, or nil if it has none. The caller owns the map.
func ReadLabels(b *memkv.Bucket) (map[string]string, error) { return readMap(b, keyLabels) }

// WriteLabels replaces the labels of a record. It skips labels with an empty value and does not modify the map.
func WriteLabels(b *memkv.Bucket, labels map[string]string) error {
	return writeMap(b, keyLabels, labels)
}

// ReadAnnotations returns the annotations of a record's descriptor, or nil if it has none. The caller owns the map.
func ReadAnnotations(b *memkv.Bucket) (map[string]string, error) { return readMap(b, keyAnnotations) }

// WriteAnnotations replaces the annotations of a record's descriptor. It skips annotations with an empty value and does
// not modify the map.
func WriteAnnotations(b *memkv.Bucket, annotations map[string]string) error {
	return writeMap(b, keyAnnotations, annotations)
}

func readMap(b *memkv.Bucket, key []byte) (map[string]string, error) {
	stored := b.Bucket(key)
	if stored == nil {
		return nil, nil
	}
	m := map[string]string{}
	err := stored.ForEach(func(name, value []byte) error {
		m[string(name)] = string(value)
		return nil
	})
	return m, err
}

func writeMap(b *memkv.Bucket, key []byte, m map[string]string) error {
	if b.Bucket(key) != nil {
		if err := b.DeleteBucket(key); err != nil {
			return err
		}
	}
	if len(m) == 0 {
		return nil
	}
	stored, err := b.CreateBucket(key)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] == "" {
			continue
		}
		if err := stored.Put([]byte(name), []byte(m[name])); err != nil {
			return fmt.Errorf("%s: %q: %w", key, name, err)
		}
	}
	return nil
}

// ReadTimestamps sets created and updated to the times of a record. A time that the record lacks keeps its value.
func ReadTimestamps(b *memkv.Bucket, created, updated *time.Time) error {
	for _, stamp := range []struct {
		key []byte
		t   *time.Time
	}{{keyCreatedAt, created}, {keyUpdatedAt, updated}} {
		if v := b.Get(stamp.key); v != nil {
			if err := stamp.t.UnmarshalBinary(v); err != nil {
				return fmt.Errorf("%s: %w", stamp.key, err)
			}
		}
	}
	return nil
}

// WriteTimestamps stores the times of a record. If either can't be encoded, it stores neither.
func WriteTimestamps(b *memkv.Bucket, created, updated time.Time) error {
	createdAt, err := created.MarshalBinary()
	if err != nil {
		return fmt.Errorf("%s: %w", keyCreatedAt, err)
	}
	updatedAt, err := updated.MarshalBinary()
	if err != nil {
		return fmt.Errorf("%s: %w", keyUpdatedAt, err)
	}
	if err := b.Put(keyCreatedAt, createdAt); err != nil {
		return err
	}
	return b.Put(keyUpdatedAt, updatedAt)
}

// ReadExtensions returns the extensions of a record. The map is never nil, and the caller owns it.
func ReadExtensions(b *memkv.Bucket) (map[string]message.Any, error) {
	extensions := map[string]message.Any{}
	stored := b.Bucket(keyExtensions)
	if stored == nil {
		return extensions, nil
	}
	err := stored.ForEach(func(name, value []byte) error {
		a, err := message.Decode(string(value))
		if err != nil {
			return fmt.Errorf("extension %q: %w", name, err)
		}
		extensions[string(name)] = a
		return nil
	})
	if err != nil {
		return nil, err
	}
	return extensions, nil
}

// WriteExtensions adds extensions to a record and replaces extensions of the same name. It removes none.
func WriteExtensions(b *memkv.Bucket, extensions map[string]message.Any) error {
	if len(extensions) == 0 {
		return nil
	}
	stored, err := b.CreateBucketIfNotExists(keyExtensions)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(extensions)) {
		v, err := message.Append(nil, message.Of(extensions[name]))
		if err != nil {
			return fmt.Errorf("extension %q: %w", name, err)
		}
		if err := stored.Put([]byte(name), v); err != nil {
			return fmt.Errorf("extension %q: %w", name, err)
		}
	}
	return nil
}

// ReadAny returns the message of a record under the given key, or nil if there is none.
func ReadAny(b *memkv.Bucket, key []byte) (*message.Message, error) {
	v := b.Get(key)
	if v == nil {
		return nil, nil
	}
	a, err := message.Decode(string(v))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return a, nil
}

// WriteAny stores a message under the given key. It does nothing if a is nil.
func WriteAny(b *memkv.Bucket, key []byte, a message.Any) error {
	m := message.Of(a)
	if m == nil {
		return nil
	}
	v, err := message.Append(nil, m)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return b.Put(key, v)
}

type transactionKey struct{}

// WithTransaction returns a context that carries tx.
func WithTransaction(ctx context.Context, tx *memkv.Tx) context.Context {
	return context.WithValue(ctx, transactionKey{}, tx)
}

// Transaction returns the transaction that ctx carries, if it carries one.
func Transaction(ctx context.Context) (tx *memkv.Tx, ok bool) {
	tx, ok = ctx.Value(transactionKey{}).(*memkv.Tx)
	return tx, ok
}
