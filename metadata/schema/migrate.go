package schema

import (
	"encoding/binary"
	"fmt"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A migration changes a database from the previous schema to the given one.
type migration struct {
	schema int
	run    func(*memkv.Tx) error
}

// migrations are all steps, from the oldest schema to the newest.
var migrations = []migration{
	{1, linkChildren},
	{2, structureIngests},
	{3, func(*memkv.Tx) error { return nil }}, // a change of bolt, not of the data
	{4, moveSandboxes},
}

// VersionOf returns the version of a database's schema, or 0 if it is missing or malformed. It reports false if tx has
// no containerd database.
func VersionOf(tx *memkv.Tx) (version int, ok bool) {
	v1 := tx.Bucket([]byte(KeyVersion1))
	if v1 == nil {
		return 0, false
	}
	n, _ := binary.Varint(v1.Get([]byte(KeyVersion)))
	return int(n), true
}

// Migrate migrates a database to a schema, as a daemon with this schema does in Init. An empty database gets only the
// schema's version. An older database runs every migration between. A newer database stays unchanged. Migrate returns
// the schema before the migration.
func Migrate(tx *memkv.Tx, schema int) (from int, err error) {
	from, ok := VersionOf(tx)
	due := !ok
	for _, m := range migrations {
		if !ok || m.schema <= from || m.schema > schema {
			continue
		}
		if err := m.run(tx); err != nil {
			return from, fmt.Errorf("migrate to schema %d: %w", m.schema, err)
		}
		due = true
	}
	if !due {
		return from, nil
	}
	v1, err := tx.CreateBucketIfNotExists([]byte(KeyVersion1))
	if err != nil {
		return from, err
	}
	return from, v1.Put([]byte(KeyVersion), AppendVarint(nil, int64(schema)))
}

// linkChildren adds to every snapshot the list of its children.
func linkChildren(tx *memkv.Tx) error {
	return eachBucket(tx.Bucket([]byte(KeyVersion1)), func(_ []byte, ns *memkv.Bucket) error {
		return eachBucket(ns.Bucket([]byte(KeySnapshots)), func(_ []byte, snapshotter *memkv.Bucket) error {
			return eachBucket(snapshotter, func(key []byte, snapshot *memkv.Bucket) error {
				name := snapshot.Get([]byte(KeyParent))
				if len(name) == 0 {
					return nil
				}
				parent := snapshotter.Bucket(name)
				if parent == nil {
					return nil
				}
				children, err := parent.CreateBucketIfNotExists([]byte(KeyChildren))
				if err != nil {
					return err
				}
				return children.Put(key, nil)
			})
		})
	})
}

// structureIngests turns each ingest from a value into a bucket, which can have more than one field.
func structureIngests(tx *memkv.Tx) error {
	return eachBucket(tx.Bucket([]byte(KeyVersion1)), func(_ []byte, ns *memkv.Bucket) error {
		content := ns.Bucket([]byte(KeyContent))
		if content == nil {
			return nil
		}
		old := content.Bucket([]byte("ingest"))
		if old == nil {
			return nil
		}
		ingests, err := content.CreateBucketIfNotExists([]byte(KeyIngests))
		if err != nil {
			return err
		}
		err = old.ForEach(func(ref, backend []byte) error {
			ingest, err := ingests.CreateBucketIfNotExists(ref)
			if err != nil {
				return err
			}
			return ingest.Put([]byte(KeyRef), backend)
		})
		if err != nil {
			return err
		}
		return content.DeleteBucket([]byte("ingest"))
	})
}

// moveSandboxes moves the sandboxes, which containerd 1.7 stores outside the bucket "v1", into it. It deletes all other
// buckets outside "v1".
func moveSandboxes(tx *memkv.Tx) error {
	v1, err := tx.CreateBucketIfNotExists([]byte(KeyVersion1))
	if err != nil {
		return err
	}
	var beside [][]byte
	err = tx.ForEach(func(name []byte, ns *memkv.Bucket) error {
		if string(name) == KeyVersion1 {
			return nil
		}
		beside = append(beside, name)
		from := ns.Bucket([]byte(KeySandboxes))
		if from == nil {
			return nil
		}
		to, err := v1.CreateBucketIfNotExists(name)
		if err == nil {
			to, err = to.CreateBucketIfNotExists([]byte(KeySandboxes))
		}
		if err != nil {
			return fmt.Errorf("namespace %q: %w", name, err)
		}
		return eachBucket(from, func(id []byte, sandbox *memkv.Bucket) error {
			return copySandbox(to, id, sandbox)
		})
	})
	if err != nil {
		return err
	}
	for _, name := range beside {
		if err := tx.DeleteBucket(name); err != nil {
			return fmt.Errorf("namespace %q: %w", name, err)
		}
	}
	return nil
}

// copySandbox merges a sandbox into the bucket of sandboxes. A sandbox has values, and one level of buckets.
func copySandbox(sandboxes *memkv.Bucket, id []byte, from *memkv.Bucket) error {
	to, err := sandboxes.CreateBucketIfNotExists(id)
	if err != nil {
		return fmt.Errorf("sandbox %q: %w", id, err)
	}
	err = from.ForEach(func(key, value []byte) error {
		if value == nil {
			return nil
		}
		return to.Put(key, value)
	})
	if err != nil {
		return fmt.Errorf("sandbox %q: %w", id, err)
	}
	return eachBucket(from, func(name []byte, group *memkv.Bucket) error {
		into, err := to.CreateBucketIfNotExists(name)
		if err != nil {
			return fmt.Errorf("sandbox %q: %q: %w", id, name, err)
		}
		return group.ForEach(func(key, value []byte) error {
			if value == nil {
				return fmt.Errorf("sandbox %q: %q: unexpected bucket %q", id, name, key)
			}
			return into.Put(key, value)
		})
	})
}

// eachBucket calls fn for every bucket in b, in the order of their names. b can be nil.
func eachBucket(b *memkv.Bucket, fn func(name []byte, b *memkv.Bucket) error) error {
	if b == nil {
		return nil
	}
	return b.ForEachBucket(func(name []byte) error { return fn(name, b.Bucket(name)) })
}
