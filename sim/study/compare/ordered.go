package compare

import (
	"iter"
	"slices"
)

// ordered is a map by ID that lists its values by ID. get returns nil for a missing ID. Invariant: ids has the keys of
// values, sorted, and list has their values.
type ordered[T any] struct {
	ids    []string
	list   []*T
	values map[string]*T
}

func (o *ordered[T]) len() int { return len(o.ids) }

func (o *ordered[T]) get(id string) *T { return o.values[id] }

func (o *ordered[T]) set(id string, thing *T) {
	if o.values == nil {
		o.values = map[string]*T{}
	}
	at, known := slices.BinarySearch(o.ids, id)
	if known {
		o.list[at] = thing
	} else {
		o.ids, o.list = slices.Insert(o.ids, at, id), slices.Insert(o.list, at, thing)
	}
	o.values[id] = thing
}

func (o *ordered[T]) remove(id string) {
	if at, ok := slices.BinarySearch(o.ids, id); ok {
		o.ids, o.list = slices.Delete(o.ids, at, at+1), slices.Delete(o.list, at, at+1)
		delete(o.values, id)
	}
}

// all lists the values by ID.
func (o *ordered[T]) all() iter.Seq[*T] { return slices.Values(o.list) }
