package metadata

import (
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/pkg/filters"

	"github.com/holdfast-gc/holdfast/memkv"
)

// parseFilters returns a filter that matches an object if any of fs matches it. Without fs it matches every object. It
// fails with InvalidArgument.
func parseFilters(fs []string) (filters.Filter, error) {
	if len(fs) == 0 {
		return everything{}, nil
	}
	return filters.ParseAll(fs...)
}

// everything matches every object.
type everything struct{}

func (everything) Match(filters.Adaptor) bool { return true }

// A filterField is a name that filters can use, with its lookup function. rest is the path after the name.
type filterField[T any] struct {
	name   string
	ofMap  bool // lookup needs a part of which the field is a stringMap
	lookup func(o *T, rest []string) (value string, present bool)
}

// textFilter is a text. It is absent if it is empty.
func textFilter[T any](name string, at func(*T) string) filterField[T] {
	return filterField[T]{name: name, lookup: func(o *T, _ []string) (string, bool) {
		text := at(o)
		return text, text != ""
	}}
}

// presentFilter is a text. It is present even if it is empty.
func presentFilter[T any](name string, at func(*T) string) filterField[T] {
	return filterField[T]{name: name, lookup: func(o *T, _ []string) (string, bool) { return at(o), true }}
}

// mapFilter is a map. The rest of the path, joined with dots, is the name of an entry.
func mapFilter[T any](name string, at func(*T) map[string]string) filterField[T] {
	return filterField[T]{name: name, ofMap: true, lookup: func(o *T, rest []string) (string, bool) {
		value, ok := at(o)[strings.Join(rest, ".")]
		return value, ok
	}}
}

// groupFilter is a group of fields. The next part of the path is the name of one of them.
func groupFilter[T any](name string, fields ...filterField[T]) filterField[T] {
	return filterField[T]{name: name, lookup: func(o *T, rest []string) (string, bool) { return lookup(fields, o, rest) }}
}

func lookup[T any](fields []filterField[T], o *T, path []string) (string, bool) {
	if len(path) > 0 {
		for _, f := range fields {
			if f.name == path[0] {
				return f.lookup(o, path[1:])
			}
		}
	}
	return "", false
}

// A candidate is an object that a filter matches. It implements filters.Adaptor.
type candidate[T any] struct {
	o      *T
	fields []filterField[T]

	// Maps of o that are not decoded yet, because most filters do not need them.
	maps   []field[T]
	record memkv.Frozen
}

// Field returns the value at a path, and whether it is present.
func (c *candidate[T]) Field(path []string) (string, bool) {
	named := func(f filterField[T]) bool { return len(path) > 0 && f.name == path[0] }
	if i := slices.IndexFunc(c.fields, named); i >= 0 && c.fields[i].ofMap {
		c.complete()
	}
	return lookup(c.fields, c.o, path)
}

// complete decodes the maps of o, if that is not done.
func (c *candidate[T]) complete() {
	if c.maps != nil {
		_ = decodeFields(c.record, c.maps, c.o) // maps have no errors
		c.maps = nil
	}
}
