package metadata

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A field maps the entry of a record under one key to a part of T.
type field[T any] struct {
	key      string
	required bool // a record without the entry is damaged
	isMap    bool // the entry is a bucket that decodes to a map, without errors

	// decode sets the part from the entry. Strings can share the memory of the record, which is immutable.
	decode func(e memkv.Entry, o *T) error

	// encode adds the entry to p, or adds nothing. was is the entry of the old record.
	encode func(p *packer, o *T, was oldEntry)
}

// decodeFields decodes the entries of a record into o. It skips entries without a field, and fails if a required entry
// is missing. The fields must be sorted by key.
func decodeFields[T any](record memkv.Frozen, fields []field[T], o *T) error {
	next := 0
	for it := record.Iterator(); it.Next(); {
		for next < len(fields) && fields[next].key != it.Key() && fields[next].key < it.Key() {
			if fields[next].required {
				return fields[next].missing()
			}
			next++
		}
		if next < len(fields) && fields[next].key == it.Key() {
			if err := fields[next].decode(it.Entry(), o); err != nil {
				return fmt.Errorf("%s: %w", it.Key(), err)
			}
			next++
		}
	}
	for ; next < len(fields); next++ {
		if fields[next].required {
			return fields[next].missing()
		}
	}
	return nil
}

func (f *field[T]) missing() error { return fmt.Errorf("damaged record: it has no %q", f.key) }

// encodeFields packs a copy of the record old in which the fields of o replace the old entries.
func encodeFields[T any](p *packer, old memkv.Frozen, fields []field[T], o *T) {
	under := p.over(old)
	for i := range fields {
		fields[i].encode(p, o, under.take(fields[i].key))
	}
	under.rest()
}

// text is the field of a string.
func text[T any, S ~string](key string, at func(*T) *S) field[T] {
	return field[T]{
		key:    key,
		decode: func(e memkv.Entry, o *T) error { *at(o) = S(e.Text()); return nil },
		encode: func(p *packer, o *T, _ oldEntry) { p.text(key, string(*at(o))) },
	}
}

// optionalText is the field of a string that is stored unless it is empty.
func optionalText[T any](key string, at func(*T) *string) field[T] {
	f := text(key, at)
	store := f.encode
	f.encode = func(p *packer, o *T, was oldEntry) {
		if *at(o) != "" {
			store(p, o, was)
		}
	}
	return f
}

// varint is the field of an int64. Malformed bytes decode to 0, as in containerd.
func varint[T any](key string, at func(*T) *int64) field[T] {
	return field[T]{
		key:    key,
		decode: func(e memkv.Entry, o *T) error { *at(o), _ = schema.DecodeVarint(e.Value()); return nil },
		encode: func(p *packer, o *T, _ oldEntry) { p.varint(key, *at(o)) },
	}
}

// stamp is the field of a time.
func stamp[T any](key string, at func(*T) *time.Time) field[T] {
	return field[T]{
		key: key,
		decode: func(e memkv.Entry, o *T) (err error) {
			*at(o), err = schema.DecodeTime(e.Value())
			return err
		},
		encode: func(p *packer, o *T, _ oldEntry) { p.time(key, *at(o)) },
	}
}

// anyMessage is the field of a protobuf Any. If the message is nil, encode keeps the old entry.
func anyMessage[T any](key string, at func(*T) *message.Any) field[T] {
	return field[T]{
		key: key,
		decode: func(e memkv.Entry, o *T) error {
			a, err := schema.DecodeAny(e.Text())
			*at(o) = a
			return err
		},
		encode: func(p *packer, o *T, was oldEntry) {
			if a := message.Of(*at(o)); a != nil {
				p.any(key, a)
			} else {
				was.keep(p, key)
			}
		},
	}
}

// stringMap is the field of a map. Empty values are not stored: encode replaces the map by a copy without them. A map
// with only empty values is stored as an empty bucket. An empty map is not stored.
func stringMap[T any](key string, at func(*T) *map[string]string) field[T] {
	return field[T]{
		key:   key,
		isMap: true,
		decode: func(e memkv.Entry, o *T) error {
			if !e.IsBucket() {
				return nil
			}
			m := map[string]string{}
			for it := e.Bucket().Iterator(); it.Next(); {
				m[it.Key()] = it.Entry().Text()
			}
			*at(o) = m
			return nil
		},
		encode: func(p *packer, o *T, _ oldEntry) {
			m := *at(o)
			if len(m) == 0 {
				return
			}
			m = withoutEmpty(m)
			*at(o) = m
			p.enter(key)
			for _, name := range sortedNames(p, m) {
				p.text(name, m[name])
			}
			p.leave()
		},
	}
}

// messageMap is the field of a map of protobuf Anys. encode merges the map into the old bucket: it adds and replaces
// entries, and removes none.
func messageMap[T any](key string, at func(*T) *map[string]message.Any) field[T] {
	return field[T]{
		key: key,
		decode: func(e memkv.Entry, o *T) error {
			m := map[string]message.Any{}
			for it := e.Bucket().Iterator(); it.Next(); {
				a, err := schema.DecodeAny(it.Entry().Text())
				if err != nil {
					return err
				}
				m[it.Key()] = a
			}
			*at(o) = m
			return nil
		},
		encode: func(p *packer, o *T, was oldEntry) {
			m := *at(o)
			if len(m) == 0 {
				was.keep(p, key)
				return
			}
			p.enter(key)
			under := p.over(was.bucket())
			for _, name := range sortedNames(p, m) {
				under.take(name)
				p.any(name, message.Of(m[name]))
			}
			under.rest()
			p.leave()
		},
	}
}

// group is a nested bucket with its own fields. Other entries in the old bucket stay.
func group[T any](key string, fields ...field[T]) field[T] {
	return field[T]{
		key:    key,
		decode: func(e memkv.Entry, o *T) error { return decodeFields(e.Bucket(), fields, o) },
		encode: func(p *packer, o *T, was oldEntry) {
			p.enter(key)
			encodeFields(p, was.bucket(), fields, o)
			p.leave()
		},
	}
}

// must makes the field required.
func (f field[T]) must() field[T] {
	f.required = true
	return f
}

// renewed returns a field that ignores the old entry when it is encoded, and calls blank before it is decoded.
func (f field[T]) renewed(blank func(*T)) field[T] {
	decode, encode := f.decode, f.encode
	f.decode = func(e memkv.Entry, o *T) error {
		blank(o)
		return decode(e, o)
	}
	f.encode = func(p *packer, o *T, _ oldEntry) { encode(p, o, oldEntry{}) }
	return f
}

// absent returns the message of a record without a message: a nil pointer in a non-nil interface. Callers can call its
// methods without a check.
func absent() message.Any { return (*message.Message)(nil) }
