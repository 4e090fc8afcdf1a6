package metadata

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	errbolt "go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A table says everything about one kind of record, which is stored in the
// bucket v1/NAMESPACE/objects/ID. Its methods are what can be done with such
// records within a transaction.
type table[T any] struct {
	kind    string // as in errors: `image "a": not found`
	objects string
	frees   bool // to delete a record may leave garbage
	late    bool // to create one is checked within the transaction, not before
	eager   bool // to update one makes the bucket of all, even if it then lacks the one
	epoch   bool // times are the context's source-date epoch, if it has one

	id      func(*T) *string
	created func(*T) *time.Time
	updated func(*T) *time.Time                                            // nil: there are no updates
	blank   func(*T)                                                       // what an object is before it is decoded; nil: the zero value
	check   func(*T) error                                                 // why an object can't be stored; nil: any can
	hold    func(ctx context.Context, tx *memkv.Tx, ns string, o *T) error // before it is stored; may be nil

	fields  []field[T]    // in ascending order of their keys
	masks   []mask[T]     // what an update can change
	fixed   []constant[T] // what an update of everything must not change
	filters []filterField[T]
}

// A constant is a part of an object that an update of everything must leave as
// it is.
type constant[T any] struct {
	name string
	at   func(*T) string
}

// get sets o to a record. It fails with NotFound.
func (t *table[T]) get(tx *memkv.Tx, ns, id string, o *T) error {
	record, ok := tx.FrozenAt(keyVersion1, ns, t.objects, id)
	if !ok {
		return t.failure(id, errdefs.ErrNotFound)
	}
	return t.decode(record, id, o)
}

// create stores a new record. It fails with AlreadyExists.
func (t *table[T]) create(ctx context.Context, tx *memkv.Tx, ns string, o *T, now time.Time) error {
	records, err := ensureBucket(tx, keyVersion1, ns, t.objects)
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

// update lays what paths name of o, or all that can be updated if there are no
// paths, over the record of o's ID, and sets o to what that has become. It
// fails with NotFound and with InvalidArgument.
func (t *table[T]) update(ctx context.Context, tx *memkv.Tx, ns string, o *T, paths []string, now time.Time) error {
	if t.eager {
		if _, err := ensureBucket(tx, keyVersion1, ns, t.objects); err != nil {
			return err
		}
	}
	records := tx.BucketAt(keyVersion1, ns, t.objects)
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
	if records := tx.BucketAt(keyVersion1, ns, t.objects); records != nil {
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

// failure returns err as one that concerns the record of that ID.
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

// decode sets o, which must be zero, to what a record says.
func (t *table[T]) decode(record memkv.Frozen, id string, o *T) error {
	*t.id(o) = id
	if t.blank != nil {
		t.blank(o)
	}
	if err := decodeFields(record, t.fields, o); err != nil {
		return t.failure(id, err)
	}
	return nil
}

// put stores o in place of the record old, which is empty if there is none.
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

// change lays what paths name of o, or all that can be updated if there are no
// paths, over the record of o's ID in records, which may be nil. It sets o to
// the result and returns the record, in whose place put can store it. It fails
// with NotFound and with InvalidArgument.
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

// pick returns those of the records that pass the filter, by ID. Keys that are
// no IDs are passed over; isID may be nil: all are.
func (t *table[T]) pick(records memkv.Frozen, filter filters.Filter, isID func(string) bool) ([]T, error) {
	var all []T
	c := &candidate[T]{o: new(T), fields: t.filters}
	for id, e := range records.All() {
		if !e.IsBucket() || isID != nil && !isID(id) {
			continue
		}
		*c.o = *new(T)
		if err := t.decode(e.Bucket(), id, c.o); err != nil {
			return nil, err
		}
		if filter.Match(c) {
			all = append(all, *c.o)
		}
	}
	return all, nil
}

// frozenIn returns what the bucket of that name in b holds, and whether there is
// one. b may be nil.
func frozenIn(b *memkv.Bucket, name string) (memkv.Frozen, bool) {
	if b == nil {
		return memkv.Frozen{}, false
	}
	return b.FrozenAt(name)
}

// deleteRecord deletes a bucket from b, which may be nil. It fails with NotFound.
func deleteRecord(b *memkv.Bucket, id string) error {
	if _, ok := frozenIn(b, id); !ok {
		return errdefs.ErrNotFound
	}
	return b.DeleteBucket([]byte(id))
}
