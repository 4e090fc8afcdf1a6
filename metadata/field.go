package metadata

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/message"
)

// A field binds what a record stores under one key to the part of T that it
// stands for.
type field[T any] struct {
	key      string
	required bool // a record without it is damaged

	// decode sets the part from the entry. Strings may share the memory of the
	// record, which never changes.
	decode func(e memkv.Entry, o *T) error

	// encode adds the entry to p, or none. was is the entry in the record that
	// the new one replaces.
	encode func(p *packer, o *T, was stored)
}

// decodeFields sets what the entries of a record stand for. It passes over
// entries that no field knows, and fails if a required one is missing.
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

// encodeFields packs the record old with the entries of fields replaced.
func encodeFields[T any](p *packer, old memkv.Frozen, fields []field[T], o *T) {
	under := p.over(old)
	for i := range fields {
		fields[i].encode(p, o, under.take(fields[i].key))
	}
	under.rest()
}

// text is a string.
func text[T any, S ~string](key string, at func(*T) *S) field[T] {
	return field[T]{
		key:    key,
		decode: func(e memkv.Entry, o *T) error { *at(o) = S(e.Text()); return nil },
		encode: func(p *packer, o *T, _ stored) { p.text(key, string(*at(o))) },
	}
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

// varint is an int64. A damaged one is 0, as it is to containerd.
func varint[T any](key string, at func(*T) *int64) field[T] {
	return field[T]{
		key:    key,
		decode: func(e memkv.Entry, o *T) error { *at(o), _ = decodeVarint(e.Value()); return nil },
		encode: func(p *packer, o *T, _ stored) { p.varint(key, *at(o)) },
	}
}

// stamp is a time.
func stamp[T any](key string, at func(*T) *time.Time) field[T] {
	return field[T]{
		key: key,
		decode: func(e memkv.Entry, o *T) (err error) {
			*at(o), err = decodeTime(e.Value())
			return err
		},
		encode: func(p *packer, o *T, _ stored) { p.time(key, *at(o)) },
	}
}

// anyMessage is a protobuf Any. A nil one leaves what was stored as it was.
func anyMessage[T any](key string, at func(*T) *message.Any) field[T] {
	return field[T]{
		key: key,
		decode: func(e memkv.Entry, o *T) error {
			a, err := decodeAny(e.Text())
			*at(o) = a
			return err
		},
		encode: func(p *packer, o *T, was stored) {
			if a := message.Of(*at(o)); a != nil {
				p.any(key, a)
			} else {
				was.keep(p, key)
			}
		},
	}
}

// stringMap is a map. Entries without a value are not stored, and encode takes
// them out of the map, or rather out of a copy of it. A map that has only such
// entries is stored as an empty bucket, but an empty map is not stored.
func stringMap[T any](key string, at func(*T) *map[string]string) field[T] {
	return field[T]{
		key: key,
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
		encode: func(p *packer, o *T, _ stored) {
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

// messageMap is a map of protobuf Anys. Encoding adds to those that were stored
// and replaces those of the same name, but never takes any away.
func messageMap[T any](key string, at func(*T) *map[string]message.Any) field[T] {
	return field[T]{
		key: key,
		decode: func(e memkv.Entry, o *T) error {
			m := map[string]message.Any{}
			for it := e.Bucket().Iterator(); it.Next(); {
				a, err := decodeAny(it.Entry().Text())
				if err != nil {
					return err
				}
				m[it.Key()] = a
			}
			*at(o) = m
			return nil
		},
		encode: func(p *packer, o *T, was stored) {
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

// group is a nested bucket with fields of its own. What else was stored in it
// stays there.
func group[T any](key string, fields ...field[T]) field[T] {
	return field[T]{
		key:    key,
		decode: func(e memkv.Entry, o *T) error { return decodeFields(e.Bucket(), fields, o) },
		encode: func(p *packer, o *T, was stored) {
			p.enter(key)
			encodeFields(p, was.bucket(), fields, o)
			p.leave()
		},
	}
}

// must makes a record without the field one that can't be decoded.
func (f field[T]) must() field[T] {
	f.required = true
	return f
}

// renewed makes a field that drops what was stored and keeps nothing of it, and
// that calls blank before it is decoded.
func (f field[T]) renewed(blank func(*T)) field[T] {
	decode, encode := f.decode, f.encode
	f.decode = func(e memkv.Entry, o *T) error {
		blank(o)
		return decode(e, o)
	}
	f.encode = func(p *packer, o *T, _ stored) { encode(p, o, stored{}) }
	return f
}

// absent is the message of a record that has none: nil, but in an interface
// that is not, so that callers can ask it for its type without a check.
func absent() message.Any { return (*message.Message)(nil) }
