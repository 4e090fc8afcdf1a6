package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Decode sets fields of the structs that the pointers point to. Each member of the object must be a field of one of the
// structs. If several structs have the field, the last one gets the value.
func Decode(o Object, pointers ...any) error {
	for _, m := range o {
		v, ok := named(m.Key, pointers)
		if !ok {
			return fmt.Errorf("%q: no such field", m.Key)
		}
		if err := decode(m.Value, v); err != nil {
			return fmt.Errorf("%q: %w", m.Key, err)
		}
	}
	return nil
}

// named returns the field of the last struct that has a field of that name.
func named(name string, pointers []any) (reflect.Value, bool) {
	for i := len(pointers) - 1; i >= 0; i-- {
		v := reflect.ValueOf(pointers[i]).Elem()
		for _, f := range fieldsOf(v.Type()) {
			if f.name == name {
				return v.FieldByIndex(f.index), true
			}
		}
	}
	return reflect.Value{}, false
}

func decode(from any, to reflect.Value) error {
	t := to.Type()
	switch t {
	case timeType:
		return decodeTime(from, to.Addr().Interface().(*time.Time))
	case durationType:
		return decodeWith(from, to, "a duration such as 1m30s", time.ParseDuration)
	case nodeType:
		return decodeWith(from, to, "a node such as image/default/alpine", metadata.ParseNode)
	case kindType:
		return decodeWith(from, to, "a kind", func(s string) (snapshots.Kind, error) { return snapshots.ParseKind(s), nil })
	case anyType:
		return decodeAny(from, to)
	}
	switch t.Kind() {
	case reflect.Bool:
		v, ok := from.(bool)
		if !ok {
			return errors.New("must be true or false")
		}
		to.SetBool(v)
		return nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v, ok := from.(json.Number)
		n, err := strconv.ParseUint(string(v), 10, t.Bits())
		if !ok || err != nil {
			return fmt.Errorf("must be a whole number of %d bits", t.Bits())
		}
		to.SetUint(n)
		return nil
	case reflect.Uint64:
		return decodeWith(from, to, "a string of decimal digits", func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })
	case reflect.Float64:
		v, ok := from.(json.Number)
		f, err := v.Float64()
		if !ok || err != nil {
			return errors.New("must be a number")
		}
		to.SetFloat(f)
		return nil
	case reflect.Int, reflect.Int64:
		return decodeWith(from, to, "a string of decimal digits", func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
	case reflect.String:
		s, err := text(from)
		to.SetString(s)
		return err
	case reflect.Slice:
		return decodeSlice(from, to)
	case reflect.Map:
		return decodeMap(from, to)
	case reflect.Struct:
		o, ok := from.(Object)
		if !ok {
			return errors.New("must be an object")
		}
		return Decode(o, to.Addr().Interface())
	case reflect.Pointer:
		to.Set(reflect.New(t.Elem()))
		return decode(from, to.Elem())
	}
	return fmt.Errorf("cannot be set: type %s has no JSON form", t)
}

// decodeWith sets the value that parse returns for a string. form describes the string in errors.
func decodeWith[T any](from any, to reflect.Value, form string, parse func(string) (T, error)) error {
	s, ok := from.(string)
	if !ok {
		return fmt.Errorf("must be %s, in a string", form)
	}
	v, err := parse(s)
	if err != nil {
		return fmt.Errorf("must be %s, not %q", form, s)
	}
	to.Set(reflect.ValueOf(v).Convert(to.Type()))
	return nil
}

func decodeTime(from any, to *time.Time) error {
	s, ok := from.(string)
	if !ok || to.UnmarshalText([]byte(s)) != nil {
		return errors.New("must be a time as in RFC 3339, in a string")
	}
	if to.IsZero() {
		*to = time.Time{} // in UTC, because Append omits only this zero time
	}
	return nil
}

func decodeAny(from any, to reflect.Value) error {
	if from == nil {
		to.Set(reflect.ValueOf((*message.Message)(nil)))
		return nil
	}
	o, ok := from.(Object)
	if !ok {
		return errors.New("must be an object with typeUrl and value, or null")
	}
	var m anyFields
	if err := Decode(o, &m); err != nil {
		return err
	}
	to.Set(reflect.ValueOf(&message.Message{TypeUrl: m.TypeURL, Value: m.Value}))
	return nil
}

func decodeSlice(from any, to reflect.Value) error {
	if to.Type().Elem().Kind() == reflect.Uint8 {
		s, err := text(from)
		to.SetBytes([]byte(s))
		return err
	}
	list, ok := from.([]any)
	if !ok {
		return errors.New("must be a list")
	}
	s := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, e := range list {
		if err := decode(e, s.Index(i)); err != nil {
			return fmt.Errorf("%d: %w", i, err)
		}
	}
	to.Set(s)
	return nil
}

func decodeMap(from any, to reflect.Value) error {
	m := reflect.MakeMap(to.Type())
	set := func(key string, value any) error {
		k := reflect.ValueOf(key).Convert(to.Type().Key())
		if m.MapIndex(k).IsValid() {
			return fmt.Errorf("duplicate key %q", key)
		}
		v := reflect.New(to.Type().Elem()).Elem()
		if err := decode(value, v); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		m.SetMapIndex(k, v)
		return nil
	}
	switch from := from.(type) {
	case Object:
		for _, member := range from {
			if err := set(member.Key, member.Value); err != nil {
				return err
			}
		}
	case []any:
		for _, e := range from {
			pair, ok := e.([]any)
			if !ok || len(pair) != 2 {
				return errors.New("must be a list of [key, value]")
			}
			key, err := text(pair[0])
			if err == nil {
				err = set(key, pair[1])
			}
			if err != nil {
				return err
			}
		}
	default:
		return errors.New("must be an object, or a list of [key, value]")
	}
	to.Set(m)
	return nil
}

// text returns the bytes of a string.
func text(from any) (string, error) {
	const form = `must be a string, or {"b64":"…"} in base64`
	switch from := from.(type) {
	case string:
		return from, nil
	case Object:
		coded, rest, ok := from.Take("b64")
		if !ok || len(rest) > 0 {
			return "", errors.New(form)
		}
		data, err := base64.StdEncoding.Strict().DecodeString(coded)
		if err != nil {
			return "", errors.New(form)
		}
		return string(data), nil
	}
	return "", errors.New(form)
}
