package metadata

import (
	"context"
	"time"

	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/lock"
	"github.com/holdfast-gc/holdfast/metadata/content"
	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// blobTable describes the records of blobs. They are stored one level deeper than other records, so only the table
// methods that take a bucket apply.
var blobTable = table[content.Info]{
	kind:    "content",
	id:      func(i *content.Info) *string { return (*string)(&i.Digest) },
	created: func(i *content.Info) *time.Time { return &i.CreatedAt },
	updated: func(i *content.Info) *time.Time { return &i.UpdatedAt },
	check:   func(i *content.Info) error { return validateLabels(i.Labels) },
	fields: []field[content.Info]{
		stamp(schema.KeyCreatedAt, func(i *content.Info) *time.Time { return &i.CreatedAt }),
		stringMap(schema.KeyLabels, func(i *content.Info) *map[string]string { return &i.Labels }),
		varint(schema.KeySize, func(i *content.Info) *int64 { return &i.Size }),
		stamp(schema.KeyUpdatedAt, func(i *content.Info) *time.Time { return &i.UpdatedAt }),
	},
	masks: []mask[content.Info]{
		entries(schema.KeyLabels, func(i *content.Info) *map[string]string { return &i.Labels }),
	},
	filters: []filterField[content.Info]{
		presentFilter("digest", func(i *content.Info) string { return string(i.Digest) }),
		mapFilter("labels", func(i *content.Info) map[string]string { return i.Labels }),
	},
}

// contentStore implements content.Store. The records of blobs and ingests belong to the namespace of the context; their
// bytes are in a backend that all namespaces share.
type contentStore struct {
	db      *DB
	backend content.Store // nil: a database of records only

	// shared lets a namespace get a blob of any other namespace by its digest. Otherwise it can only get blobs of
	// namespaces that are labelled as shareable.
	shared bool

	// l keeps changes and cleaning apart: a call that changes the backend or its records holds l for reading, a
	// cleaning of the backend for writing.
	l *lock.RWMutex
}

func newContentStore(db *DB, shared bool, backend content.Store) *contentStore {
	return &contentStore{db: db, backend: backend, shared: shared, l: lock.NewRWMutex(db.opts.scheduler)}
}

// Info returns the record of a blob. It does not call the backend.
func (cs *contentStore) Info(ctx context.Context, dgst digest.Digest) (content.Info, error) {
	var info content.Info
	err := cs.viewBlob(ctx, dgst, func(record memkv.Frozen) error {
		return blobTable.decode(record, string(dgst), &info)
	})
	if err != nil {
		return content.Info{}, err
	}
	return info, nil
}

// ReaderAt opens a blob of the namespace.
func (cs *contentStore) ReaderAt(ctx context.Context, desc ocispec.Descriptor) (content.ReaderAt, error) {
	found := func(memkv.Frozen) error { return nil }
	if err := cs.viewBlob(ctx, desc.Digest, found); err != nil {
		return nil, err
	}
	return cs.backend.ReaderAt(ctx, desc)
}

// viewBlob calls fn with the record of a blob of the namespace.
func (cs *contentStore) viewBlob(ctx context.Context, dgst digest.Digest, fn func(memkv.Frozen) error) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	return view(ctx, cs.db, func(tx *memkv.Tx) error {
		record, ok := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyBlob, string(dgst))
		if !ok {
			return contentFailure(dgst, errdefs.ErrNotFound)
		}
		return fn(record)
	})
}

// Update replaces the labels of a blob. fieldpaths can be "labels" or single labels, for example "labels.KEY".
func (cs *contentStore) Update(ctx context.Context, info content.Info, fieldpaths ...string) (content.Info, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return content.Info{}, err
	}
	cs.l.RLock()
	defer cs.l.RUnlock()

	err = update(ctx, cs.db, func(tx *memkv.Tx) error {
		blobs := blobsBucket(tx, ns)
		old, err := blobTable.change(blobs, &info, fieldpaths)
		if err != nil {
			return err
		}
		info.UpdatedAt = cs.db.opts.clock.now()
		return blobTable.put(blobs, &info, old)
	})
	if err != nil {
		return content.Info{}, err
	}
	return info, nil
}

// Walk calls fn for every blob of the namespace that matches the filters, sorted by digest. It closes its own
// transaction before the first call.
func (cs *contentStore) Walk(ctx context.Context, fn content.WalkFunc, fs ...string) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	filter, err := parseFilters(fs)
	if err != nil {
		return err
	}
	var infos []content.Info
	err = view(ctx, cs.db, func(tx *memkv.Tx) error {
		blobs, _ := tx.FrozenAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyBlob)
		infos, err = blobTable.pick(blobs, filter, isDigest)
		return err
	})
	if err != nil {
		return err
	}
	for _, info := range infos {
		if err := fn(info); err != nil {
			return err
		}
	}
	return nil
}

// Delete removes a blob from the namespace. The next cleaning of the backend removes the bytes, if no other namespace
// has the blob.
func (cs *contentStore) Delete(ctx context.Context, dgst digest.Digest) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	cs.l.RLock()
	defer cs.l.RUnlock()

	err = update(ctx, cs.db, func(tx *memkv.Tx) error {
		if err := deleteRecord(blobsBucket(tx, ns), string(dgst)); err != nil {
			return contentFailure(dgst, err)
		}
		if err := detachLease(ctx, tx, ns, string(dgst), schema.KeyContent); err != nil {
			return err
		}
		cs.db.dirt.removedPart(backendPart{key: string(dgst)})
		return nil
	})
	if err != nil {
		return err
	}
	return cs.db.publish(ctx, "/content/delete", &events.ContentDelete{Digest: dgst.String()})
}

func blobsBucket(tx *memkv.Tx, ns string) *memkv.Bucket {
	return tx.BucketAt(schema.KeyVersion1, ns, schema.KeyContent, schema.KeyBlob)
}

func contentFailure(dgst digest.Digest, err error) error {
	return blobTable.failure(string(dgst), err)
}

// isDigest reports whether s is a digest of a known algorithm.
func isDigest(s string) bool { return schema.ValidateDigest(digest.Digest(s)) == nil }
