package compare

import (
	"iter"
	"slices"
)

// ordered is a map by ID that lists its values by ID. get returns nil for a missing ID. Invariant: ids has the keys of
// values, sorted.
type ordered[T any] struct {
	ids    []string
	values map[string]*T
}

func (o *ordered[T]) get(id string) *T { return o.values[id] }

func (o *ordered[T]) set(id string, thing *T) {
	if o.values == nil {
		o.values = map[string]*T{}
	}
	if o.values[id] == nil {
		at, _ := slices.BinarySearch(o.ids, id)
		o.ids = slices.Insert(o.ids, at, id)
	}
	o.values[id] = thing
}

func (o *ordered[T]) remove(id string) {
	if at, ok := slices.BinarySearch(o.ids, id); ok {
		o.ids = slices.Delete(o.ids, at, at+1)
		delete(o.values, id)
	}
}

func (o *ordered[T]) all() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, id := range o.ids {
			if !yield(o.values[id]) {
				return
			}
		}
	}
}
