package compare

import (
	"iter"
	"slices"
)

// ordered is a map by ID that lists its values in the order of the IDs. get returns nil for a missing ID. Invariant:
// ids is sorted and has the keys of things.
type ordered[T any] struct {
	ids    []string
	things map[string]*T
}

func (o *ordered[T]) get(id string) *T { return o.things[id] }

func (o *ordered[T]) set(id string, thing *T) {
	if o.things == nil {
		o.things = map[string]*T{}
	}
	if o.things[id] == nil {
		at, _ := slices.BinarySearch(o.ids, id)
		o.ids = slices.Insert(o.ids, at, id)
	}
	o.things[id] = thing
}

func (o *ordered[T]) remove(id string) {
	if at, ok := slices.BinarySearch(o.ids, id); ok {
		o.ids = slices.Delete(o.ids, at, at+1)
		delete(o.things, id)
	}
}

func (o *ordered[T]) all() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, id := range o.ids {
			if !yield(o.things[id]) {
				return
			}
		}
	}
}
