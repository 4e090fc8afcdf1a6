package metadata

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A table describes one kind of record. The records are in the buckets v1/NAMESPACE/objects/ID. The methods read and
// change records inside a transaction. Some methods take the bucket of the records, for stores with records elsewhere.
type table[T any] struct {
	kind    string // for errors, such as `image "a": not found`
	objects string
	frees   bool // deletes can leave garbage
	late    bool // creates are validated inside the transaction, not before it
	eager   bool // updates create the bucket of all records, even if the record is not found
	epoch   bool // times are the source-date epoch of the context, if there is one

	id      func(*T) *string
	created func(*T) *time.Time
	updated func(*T) *time.Time                                            // nil if the records have no updates
	blank   func(*T)                                                       // sets the defaults before decoding; may be nil
	check   func(*T) error                                                 // validates an object; may be nil
	hold    func(ctx context.Context, tx *memkv.Tx, ns string, o *T) error // called before an object is stored; may be nil

	fields  []field[T]    // in ascending order of their keys
	masks   []mask[T]     // the paths of updates
	fixed   []constant[T] // the parts that an update without paths must not change
	filters []filterField[T]
}

// A constant is a part of an object that an update without paths must not change.
type constant[T any] struct {
	name string
	at   func(*T) string
}

// get reads a record into o. It fails with NotFound.
func (t *table[T]) get(tx *memkv.Tx, ns, id string, o *T) error {
	record, ok := tx.FrozenAt(schema.KeyVersion1, ns, t.objects, id)
	if !ok {
		return t.failure(id, errdefs.ErrNotFound)
	}
	return t.decode(record, id, o)
}

// create stores a new record. It fails with AlreadyExists.
func (t *table[T]) create(ctx context.Context, tx *memkv.Tx, ns string, o *T, now time.Time) error {
	records, err := ensureBucket(tx, schema.KeyVersion1, ns, t.objects)
	if err != nil {
		return err
	}
	if t.hold != nil {
		if err := t.hold(ctx, tx, ns, o); err != nil {
			return err
		}
	}
	id := *t.id(o)
	if _, exists := records.FrozenAt(id); exists {
		return t.failure(id, errdefs.ErrAlreadyExists)
	}
	*t.created(o) = now
	if t.updated != nil {
		*t.updated(o) = now
	}
	return t.put(records, o, memkv.Frozen{})
}

// update replaces the parts at paths in the record with o's ID, or all parts with a mask if there are no paths. It sets
// o to the new record. It fails with NotFound or InvalidArgument.
func (t *table[T]) update(ctx context.Context, tx *memkv.Tx, ns string, o *T, paths []string, now time.Time) error {
	if t.eager {
		if _, err := ensureBucket(tx, schema.KeyVersion1, ns, t.objects); err != nil {
			return err
		}
	}
	records := tx.BucketAt(schema.KeyVersion1, ns, t.objects)
	old, err := t.change(records, o, paths)
	if err != nil {
		return err
	}
	if t.hold != nil {
		if err := t.hold(ctx, tx, ns, o); err != nil {
			return err
		}
	}
	*t.updated(o) = now
	return t.put(records, o, old)
}

// remove deletes a record. It fails with NotFound.
func (t *table[T]) remove(db *DB, tx *memkv.Tx, ns, id string) error {
	err := error(errbolt.ErrBucketNotFound)
	if records := tx.BucketAt(schema.KeyVersion1, ns, t.objects); records != nil {
		err = records.DeleteBucket([]byte(id))
	}
	switch {
	case errors.Is(err, errbolt.ErrBucketNotFound):
		return t.failure(id, errdefs.ErrNotFound)
	case err != nil:
		return t.failure(id, err)
	}
	if t.frees {
		db.dirt.removed()
	}
	return nil
}

// failure wraps err with the kind and the ID of a record.
func (t *table[T]) failure(id string, err error) error {
	return fmt.Errorf("%s %q: %w", t.kind, id, err)
}

func (t *table[T]) validate(o *T) error {
	if t.check == nil {
		return nil
	}
	if err := t.check(o); err != nil {
		return t.failure(*t.id(o), err)
	}
	return nil
}

// decode decodes a record into o, which must be the zero value.
func (t *table[T]) decode(record memkv.Frozen, id string, o *T) error {
	return t.decodeSome(record, id, t.fields, o)
}

// decodeSome is decode for some of the fields.
func (t *table[T]) decodeSome(record memkv.Frozen, id string, fields []field[T], o *T) error {
	*t.id(o) = id
	if t.blank != nil {
		t.blank(o)
	}
	if err := decodeFields(record, fields, o); err != nil {
		return t.failure(id, err)
	}
	return nil
}

// put stores o in place of the record old. For a new record, old is empty.
func (t *table[T]) put(records *memkv.Bucket, o *T, old memkv.Frozen) error {
	id := *t.id(o)
	p := newPacker()
	encodeFields(p, old, t.fields, o)
	record, err := p.freeze()
	if err != nil {
		return t.failure(id, err)
	}
	return records.PutBucket([]byte(id), record)
}

// change is update without storing: it sets o to the new record and returns the old one, for put. records can be nil.
// It fails with NotFound or InvalidArgument.
func (t *table[T]) change(records *memkv.Bucket, o *T, paths []string) (memkv.Frozen, error) {
	id := *t.id(o)
	record, ok := frozenIn(records, id)
	if !ok {
		return memkv.Frozen{}, t.failure(id, errdefs.ErrNotFound)
	}
	var current T
	if err := t.decode(record, id, &current); err != nil {
		return memkv.Frozen{}, err
	}
	if err := t.merge(&current, o, paths); err != nil {
		return memkv.Frozen{}, t.failure(id, err)
	}
	*o = current
	return record, t.validate(o)
}

// pick returns the records that match the filter, in the order of their IDs. It skips keys for which isID is false. If
// isID is nil, all keys are IDs.
func (t *table[T]) pick(records memkv.Frozen, filter filters.Filter, isID func(string) bool) ([]T, error) {
	var all []T
	early, maps := t.fields, []field[T](nil)
	if _, every := filter.(everything); every {
		all = slices.Grow(all, records.Len())
	} else {
		early, maps = t.split()
	}
	c := &candidate[T]{o: new(T), fields: t.filters}
	for id, e := range records.All() {
		if !e.IsBucket() || isID != nil && !isID(id) {
			continue
		}
		*c.o = *new(T)
		if err := t.decodeSome(e.Bucket(), id, early, c.o); err != nil {
			return nil, err
		}
		c.maps, c.record = maps, e.Bucket()
		if filter.Match(c) {
			c.complete()
			all = append(all, *c.o)
		}
	}
	return all, nil
}

// split returns the fields that are not maps, and those that are.
func (t *table[T]) split() (early, maps []field[T]) {
	for _, f := range t.fields {
		if f.isMap {
			maps = append(maps, f)
		} else {
			early = append(early, f)
		}
	}
	return early, maps
}

// frozenIn returns the bucket with a name in b, and whether it exists. b can be nil.
func frozenIn(b *memkv.Bucket, name string) (memkv.Frozen, bool) {
	if b == nil {
		return memkv.Frozen{}, false
	}
	return b.FrozenAt(name)
}

// deleteRecord deletes a bucket from b. It fails with NotFound. b can be nil.
func deleteRecord(b *memkv.Bucket, id string) error {
	if _, ok := frozenIn(b, id); !ok {
		return errdefs.ErrNotFound
	}
	return b.DeleteBucket([]byte(id))
}
