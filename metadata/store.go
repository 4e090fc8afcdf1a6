package metadata

import (
	"context"
	"time"

	"github.com/containerd/containerd/v2/pkg/epoch"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A store is a table of a database: each method takes the namespace from its
// context, and the transaction too if there is one.
type store[T any] struct {
	db *DB
	*table[T]
}

// Get returns a record. It fails with NotFound.
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

// List returns the records that pass at least one of the filters, or all if
// there are none, by ID. It fails with InvalidArgument on a filter that can't
// be parsed.
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
		records, _ := tx.FrozenAt(keyVersion1, ns, s.objects)
		all, err = s.pick(records, filter, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Create stores a new record and returns it with its times set. It fails with
// InvalidArgument and AlreadyExists.
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

// Update replaces what the paths name of the record of o's ID, or all that can
// be replaced if there are none, and returns what the record then is. It fails
// with InvalidArgument and NotFound.
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

// Delete deletes a record. It fails with NotFound.
func (s store[T]) Delete(ctx context.Context, id string) error {
	ns, err := namespaceOf(ctx)
	if err != nil {
		return err
	}
	return update(ctx, s.db, func(tx *memkv.Tx) error { return s.remove(s.db, tx, ns, id) })
}

// now returns the time that a record made or changed now is given.
func (s store[T]) now(ctx context.Context) time.Time {
	if s.epoch {
		if t := epoch.FromContext(ctx); t != nil {
			return t.UTC()
		}
	}
	return s.db.opts.clock.now()
}
