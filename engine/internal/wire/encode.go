package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Append appends v as JSON. It fails on a time whose year doesn't have four digits, and on a type without a JSON form.
func Append(to []byte, v any) ([]byte, error) { return appendValue(to, reflect.ValueOf(v)) }

// AppendObject appends one object with the fields of several structs. It skips a nil struct.
func AppendObject(to []byte, structs ...any) ([]byte, error) {
	to, first := append(to, '{'), true
	for _, s := range structs {
		if s == nil {
			continue
		}
		var err error
		if to, err = appendFields(to, reflect.ValueOf(s), &first); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

// examined is the package of types with a JSON form of their own.
var examined = reflect.TypeFor[examine.Basis]().PkgPath()

func appendValue(to []byte, v reflect.Value) ([]byte, error) {
	if !v.IsValid() {
		return append(to, "null"...), nil
	}
	t := v.Type()
	switch t {
	case timeType:
		text, err := v.Interface().(time.Time).MarshalText()
		return appendText(to, text), err
	case durationType:
		return appendText(to, v.Interface().(time.Duration).String()), nil
	case nodeType:
		return appendText(to, metadata.NodeName(v.Interface().(gc.Node))), nil
	case kindType:
		return appendText(to, strings.ToLower(v.Interface().(snapshots.Kind).String())), nil
	case anyType:
		return appendAny(to, v)
	}
	switch t.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(to, v.Bool()), nil
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return strconv.AppendInt(to, v.Int(), 10), nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return strconv.AppendUint(to, v.Uint(), 10), nil
	case reflect.Int, reflect.Int64:
		return append(strconv.AppendInt(append(to, '"'), v.Int(), 10), '"'), nil
	case reflect.Uint, reflect.Uint64:
		return append(strconv.AppendUint(append(to, '"'), v.Uint(), 10), '"'), nil
	case reflect.Float64:
		return appendPlain(to, v.Float())
	case reflect.String:
		return appendText(to, v.String()), nil
	case reflect.Slice:
		return appendSlice(to, v)
	case reflect.Map:
		return appendMap(to, v)
	case reflect.Struct:
		if t.PkgPath() == examined {
			return appendPlain(to, v.Interface())
		}
		first := true
		to, err := appendFields(append(to, '{'), v, &first)
		return append(to, '}'), err
	case reflect.Pointer, reflect.Interface:
		return appendValue(to, v.Elem()) // null for nil
	}
	return nil, fmt.Errorf("type %s has no JSON form", t)
}

func appendFields(to []byte, v reflect.Value, first *bool) ([]byte, error) {
	for _, f := range fieldsOf(v.Type()) {
		value := v.FieldByIndex(f.index)
		if value.IsZero() || value.Type() == timeType && value.Interface().(time.Time).IsZero() {
			continue
		}
		if !*first {
			to = append(to, ',')
		}
		*first = false
		to = append(appendText(to, f.name), ':')
		var err error
		if to, err = appendValue(to, value); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return to, nil
}

func appendSlice(to []byte, v reflect.Value) ([]byte, error) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return appendText(to, v.Bytes()), nil
	}
	to = append(to, '[')
	for i := range v.Len() {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = appendValue(to, v.Index(i)); err != nil {
			return nil, fmt.Errorf("%d: %w", i, err)
		}
	}
	return append(to, ']'), nil
}

func appendMap(to []byte, v reflect.Value) ([]byte, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("type %s has no JSON form", v.Type())
	}
	values := map[string]reflect.Value{}
	object := true
	for it := v.MapRange(); it.Next(); {
		values[it.Key().String()] = it.Value()
		object = object && utf8.ValidString(it.Key().String())
	}
	brackets, between := "{}", ":"
	if !object {
		brackets, between = "[]", ","
	}
	to = append(to, brackets[0])
	for i, key := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			to = append(to, ',')
		}
		if !object {
			to = append(to, '[')
		}
		to = append(appendText(to, key), between...)
		var err error
		if to, err = appendValue(to, values[key]); err != nil {
			return nil, fmt.Errorf("%q: %w", key, err)
		}
		if !object {
			to = append(to, ']')
		}
	}
	return append(to, brackets[1]), nil
}

func appendAny(to []byte, v reflect.Value) ([]byte, error) {
	if v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil() {
		return append(to, "null"...), nil
	}
	a := v.Interface().(message.Any)
	return AppendObject(to, anyFields{a.GetTypeUrl(), a.GetValue()})
}

// anyFields has the fields of a message.Any.
type anyFields struct {
	TypeURL string `json:"typeUrl"`
	Value   []byte
}

// appendPlain appends v as encoding/json encodes it.
func appendPlain(to []byte, v any) ([]byte, error) {
	out := bytes.NewBuffer(to)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(out.Bytes(), []byte{'\n'}), err
}
