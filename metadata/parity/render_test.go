package parity

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// render formats a value so that two values have the same text if and only if a caller cannot tell them apart. nil
// differs from empty, and a nil pointer in an interface from a nil interface. A time has its zone, but not its
// monotonic clock reading. Zero and unexported fields are omitted.
func render(v any) string {
	return string(appendValue(nil, reflect.ValueOf(v)))
}

func appendValue(b []byte, v reflect.Value) []byte {
	if !v.IsValid() {
		return append(b, "nil"...)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(append(b, "nil "...), v.Type().String()...)
		}
		return appendValue(append(b, '&'), v.Elem())
	case reflect.Interface:
		return appendValue(b, v.Elem())
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](v); ok {
			return appendTime(b, t)
		}
		return appendStruct(b, v)
	case reflect.Map:
		return appendMap(b, v)
	case reflect.Slice:
		if v.IsNil() {
			return append(b, "nil"...)
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return appendString(b, string(v.Bytes()))
		}
		fallthrough
	case reflect.Array:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ' ')
			}
			b = appendValue(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.String:
		return appendString(b, v.String())
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if d, ok := reflect.TypeAssert[time.Duration](v); ok {
			return append(b, d.String()...)
		}
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(b, v.Uint(), 10)
	}
	panic(fmt.Sprintf("cannot render a %s", v.Type()))
}

func appendStruct(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	first := true
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() {
			continue
		}
		if !first {
			b = append(b, ' ')
		}
		first = false
		b = append(append(b, field.Name...), ':')
		b = appendValue(b, v.Field(i))
	}
	return append(b, '}')
}

func appendMap(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, "nil"...)
	}
	type entry struct {
		key   []byte
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		entries = append(entries, entry{appendValue(nil, iter.Key()), iter.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	b = append(b, '{')
	for i, e := range entries {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(append(b, e.key...), ':')
		b = appendValue(b, e.value)
	}
	return append(b, '}')
}

func appendTime(b []byte, t time.Time) []byte {
	b = t.AppendFormat(b, "2006-01-02T15:04:05.999999999")
	return append(append(b, ' '), t.Location().String()...)
}

func appendString(b []byte, s string) []byte { return strconv.AppendQuote(b, s) }

// abbreviate shortens a line: a byte that repeats more than 20 times is printed once with the count.
func abbreviate(s string) string {
	const most = 20
	var b strings.Builder
	for i := 0; i < len(s); {
		n := 1
		for i+n < len(s) && s[i+n] == s[i] {
			n++
		}
		if n > most {
			fmt.Fprintf(&b, "%c…(%d)", s[i], n)
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// clone returns a deep copy of v.
func clone[T any](v T) T {
	from := reflect.ValueOf(&v).Elem()
	to := reflect.New(from.Type()).Elem()
	cloneInto(to, from)
	return to.Interface().(T)
}

func cloneInto(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Interface:
		if from.IsNil() {
			return
		}
		inner := reflect.New(from.Elem().Type()).Elem()
		cloneInto(inner, from.Elem())
		to.Set(inner)
	case reflect.Pointer:
		if from.IsNil() {
			return
		}
		to.Set(reflect.New(from.Type().Elem()))
		cloneInto(to.Elem(), from.Elem())
	case reflect.Struct:
		to.Set(from)
		for i := range from.NumField() {
			if from.Type().Field(i).IsExported() {
				cloneInto(to.Field(i), from.Field(i))
			}
		}
	case reflect.Map:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeMapWithSize(from.Type(), from.Len()))
		for iter := from.MapRange(); iter.Next(); {
			value := reflect.New(from.Type().Elem()).Elem()
			cloneInto(value, iter.Value())
			to.SetMapIndex(iter.Key(), value)
		}
	case reflect.Slice:
		if from.IsNil() {
			return
		}
		to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
		for i := range from.Len() {
			cloneInto(to.Index(i), from.Index(i))
		}
	default:
		to.Set(from)
	}
}
