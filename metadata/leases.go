package metadata

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

var leaseTable = table[leases.Lease]{
	kind:    "lease",
	objects: schema.KeyLeases,
	frees:   true,
	id:      func(l *leases.Lease) *string { return &l.ID },
	created: func(l *leases.Lease) *time.Time { return &l.CreatedAt },
	fields: []field[leases.Lease]{
		stamp(schema.KeyCreatedAt, func(l *leases.Lease) *time.Time { return &l.CreatedAt }),
		stringMap(schema.KeyLabels, func(l *leases.Lease) *map[string]string { return &l.Labels }),
	},
	filters: []filterField[leases.Lease]{
		textFilter("id", func(l *leases.Lease) string { return l.ID }),
		mapFilter("labels", func(l *leases.Lease) map[string]string { return l.Labels }),
	},
}

// A leaseManager implements leases.Manager.
type leaseManager struct {
	store[leases.Lease]
}

// NewLeaseManager returns the lease manager of db.
func NewLeaseManager(db *DB) leases.Manager {
	return leaseManager{store[leases.Lease]{db, &leaseTable}}
}

// Create creates a lease with the ID and labels that opts set. The ID must not be empty.
func (m leaseManager) Create(ctx context.Context, opts ...leases.Opt) (leases.Lease, error) {
	var l leases.Lease
	for _, opt := range opts {
		if err := opt(&l); err != nil {
			return leases.Lease{}, err
		}
	}
	if l.ID == "" {
		return leases.Lease{}, errors.New("a lease must have an ID")
	}
	return m.store.Create(ctx, l)
}

// Delete deletes the lease. The resources that it references lose that root.
func (m leaseManager) Delete(ctx context.Context, l leases.Lease, _ ...leases.DeleteOpt) error {
	return m.store.Delete(ctx, l.ID)
}

// AddResource adds a reference to a resource to the lease. The resource need not exist.
func (m leaseManager) AddResource(ctx context.Context, l leases.Lease, r leases.Resource) error {
	return m.change(ctx, l, r, func(lease *memkv.Bucket, path []string, name string) error {
		b, err := ensureWithin(lease, path...)
		if err != nil {
			return err
		}
		return b.Put([]byte(name), nil)
	})
}

// DeleteResource removes the lease's reference to a resource. A missing reference is no error.
func (m leaseManager) DeleteResource(ctx context.Context, l leases.Lease, r leases.Resource) error {
	return m.change(ctx, l, r, func(lease *memkv.Bucket, path []string, name string) error {
		for _, step := range path {
			if lease = lease.Bucket([]byte(step)); lease == nil {
				break
			}
		}
		if lease != nil {
			if err := lease.Delete([]byte(name)); err != nil {
				return err
			}
		}
		m.db.dirt.removed()
		return nil
	})
}

// change calls fn with the bucket of a lease, and the path and name of r's reference inside it.
func (m leaseManager) change(ctx context.Context, l leases.Lease, r leases.Resource,
	fn func(lease *memkv.Bucket, path []string, name string) error) error {
	namespace, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	return update(ctx, m.db, func(tx *memkv.Tx) error {
		lease := tx.BucketAt(schema.KeyVersion1, namespace, schema.KeyLeases, l.ID)
		if lease == nil {
			return m.failure(l.ID, errdefs.ErrNotFound)
		}
		path, name, err := leasePath(r)
		if err != nil {
			return err
		}
		return fn(lease, path, name)
	})
}

// leasePath returns the path and name of r's reference in a lease's bucket. For example, type "snapshots/native" and ID
// "a" give ["snapshots", "native"] and "a". It fails with NotImplemented for a type that a lease can't reference, and
// with InvalidArgument for a type with a wrong number of parts or content whose ID is not a digest.
func leasePath(r leases.Resource) (path []string, name string, err error) {
	path, parts := strings.Split(r.Type, "/"), 1
	switch path[0] {
	case schema.KeyContent, schema.KeyImages, schema.KeyIngests:
	case schema.KeySnapshots:
		parts = 2
	default:
		return nil, "", fmt.Errorf("resource type %q: %w", r.Type, errdefs.ErrNotImplemented)
	}
	if len(path) != parts {
		return nil, "", fmt.Errorf("resource type %q: %w", r.Type, errdefs.ErrInvalidArgument)
	}
	if path[0] == schema.KeyContent {
		if _, err := digest.Parse(r.ID); err != nil {
			return nil, "", fmt.Errorf("content %q: %w: %w", r.ID, err, errdefs.ErrInvalidArgument)
		}
	}
	return path, r.ID, nil
}

// ListResources returns the resources that the lease references, sorted by type and then by name.
func (m leaseManager) ListResources(ctx context.Context, l leases.Lease) ([]leases.Resource, error) {
	namespace, err := namespaceOf(ctx)
	if err != nil {
		return nil, err
	}
	var held []leases.Resource
	err = view(ctx, m.db, func(tx *memkv.Tx) error {
		lease := tx.BucketAt(schema.KeyVersion1, namespace, schema.KeyLeases, l.ID)
		if lease == nil {
			return m.failure(l.ID, errdefs.ErrNotFound)
		}
		for _, kind := range []string{schema.KeyContent, schema.KeyImages, schema.KeyIngests} {
			held = appendResources(held, kind, lease.Bucket([]byte(kind)))
		}
		snapshots := lease.Bucket([]byte(schema.KeySnapshots))
		if snapshots == nil {
			return nil
		}
		return snapshots.ForEachBucket(func(snapshotter []byte) error {
			held = appendResources(held, schema.KeySnapshots+"/"+string(snapshotter), snapshots.Bucket(snapshotter))
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// appendResources appends a resource of the given type for each key of b. A nil b has no keys.
func appendResources(held []leases.Resource, kind string, b *memkv.Bucket) []leases.Resource {
	if b == nil {
		return held
	}
	for c, name := b.Cursor(), []byte(nil); ; {
		if name == nil {
			name, _ = c.First()
		} else {
			name, _ = c.Next()
		}
		if name == nil {
			return held
		}
		held = append(held, leases.Resource{ID: string(name), Type: kind})
	}
}

// attachLease adds a reference to a resource to the lease of ctx. path is the resource's type: "content", "images",
// "ingests", or "snapshots" and a snapshotter. It reports whether ctx has a lease, and fails with NotFound if that
// lease is not in the database.
func attachLease(ctx context.Context, tx *memkv.Tx, namespace, name string, path ...string) (bool, error) {
	id, ok := leases.FromContext(ctx)
	if !ok {
		return false, nil
	}
	lease := tx.BucketAt(schema.KeyVersion1, namespace, schema.KeyLeases, id)
	if lease == nil {
		return false, leaseTable.failure(id, errdefs.ErrNotFound)
	}
	b, err := ensureWithin(lease, path...)
	if err != nil {
		return false, err
	}
	return true, b.Put([]byte(name), nil)
}

// detachLease removes the reference to a resource from the lease of ctx. Without a lease or a reference it does
// nothing.
func detachLease(ctx context.Context, tx *memkv.Tx, namespace, name string, path ...string) error {
	id, ok := leases.FromContext(ctx)
	if !ok {
		return nil
	}
	b := tx.BucketAt(append([]string{schema.KeyVersion1, namespace, schema.KeyLeases, id}, path...)...)
	if b == nil {
		return nil
	}
	return b.Delete([]byte(name))
}
