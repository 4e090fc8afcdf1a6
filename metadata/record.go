package metadata

import (
	"fmt"

	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/memkv"
)

// The methods of a table in this file are steps of those in table.go, and are
// given the bucket that records are in: stores call them whose records are
// elsewhere than most, or are not all there is to a change.

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

// optionalText is a string that is not stored if it is empty.
func optionalText[T any](key string, at func(*T) *string) field[T] {
	f := text(key, at)
	store := f.encode
	f.encode = func(p *packer, o *T, was stored) {
		if *at(o) != "" {
			store(p, o, was)
		}
	}
	return f
}
