package metadata

import (
	"context"
	"time"

	"github.com/containerd/containerd/v2/pkg/epoch"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A store gives access to the records of one kind in a database. Each method takes the namespace from its context, and
// also the transaction, if the context carries one.
type store[T any] struct {
	db *DB
	*table[T]
}

// Get returns the record with the given ID. It fails with NotFound.
func (s store[T]) Get(ctx context.Context, id string) (T, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return *new(T), err
	}
	var o T
	err = view(ctx, s.db, func(tx *memkv.Tx) error { return s.get(tx, ns, id, &o) })
	if err != nil {
		return *new(T), err
	}
	return o, nil
}

// List returns the records that match at least one of the filters, or all records without filters, sorted by ID. It
// fails with InvalidArgument if a filter is malformed.
func (s store[T]) List(ctx context.Context, fs ...string) ([]T, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return nil, err
	}
	filter, err := parseFilters(fs)
	if err != nil {
		return nil, err
	}
	var all []T
	err = view(ctx, s.db, func(tx *memkv.Tx) (err error) {
		records, _ := tx.FrozenAt(schema.KeyVersion1, ns, s.objects)
		all, err = s.pick(records, filter, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Create stores a new record and returns it with its times set. It fails with InvalidArgument if the record is invalid
// and with AlreadyExists if its ID is taken.
func (s store[T]) Create(ctx context.Context, o T) (T, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return *new(T), err
	}
	if !s.late {
		if err := s.validate(&o); err != nil {
			return *new(T), err
		}
	}
	err = update(ctx, s.db, func(tx *memkv.Tx) error {
		if s.late {
			if err := s.validate(&o); err != nil {
				return err
			}
		}
		return s.create(ctx, tx, ns, &o, s.now(ctx))
	})
	if err != nil {
		return *new(T), err
	}
	return o, nil
}

// Update replaces fields of the record with o's ID and returns the new record. paths name the fields; without paths,
// Update replaces all mutable fields. It fails with InvalidArgument and NotFound.
func (s store[T]) Update(ctx context.Context, o T, paths ...string) (T, error) {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return *new(T), err
	}
	err = update(ctx, s.db, func(tx *memkv.Tx) error {
		return s.update(ctx, tx, ns, &o, paths, s.now(ctx))
	})
	if err != nil {
		return *new(T), err
	}
	return o, nil
}

// Delete deletes the record with the given ID. It fails with NotFound.
func (s store[T]) Delete(ctx context.Context, id string) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	return update(ctx, s.db, func(tx *memkv.Tx) error { return s.remove(s.db, tx, ns, id) })
}

// now returns the timestamp for a create or an update: the epoch of ctx, if the kind honours it, or the clock.
func (s store[T]) now(ctx context.Context) time.Time {
	if s.epoch {
		if t := epoch.FromContext(ctx); t != nil {
			return t.UTC()
		}
	}
	return s.db.opts.clock.now()
}
