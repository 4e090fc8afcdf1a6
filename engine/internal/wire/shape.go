package wire

import (
	"reflect"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// Types that have a form of their own.
var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	anyType      = reflect.TypeFor[message.Any]()
	nodeType     = reflect.TypeFor[gc.Node]()
	kindType     = reflect.TypeFor[snapshots.Kind]()
)

// A field is a field of a struct, or of one that is embedded in it.
type field struct {
	name  string
	index []int
}

var shapes sync.Map // of a reflect.Type to its []field

// fieldsOf returns the fields of a struct type in their order.
func fieldsOf(t reflect.Type) []field {
	if known, ok := shapes.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		if !f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct {
			continue
		}
		fields = append(fields, field{nameOf(f), f.Index})
	}
	shapes.Store(t, fields)
	return fields
}

// Names returns the names of the fields of a struct type.
func Names(t reflect.Type) []string {
	var names []string
	for _, f := range fieldsOf(t) {
		names = append(names, f.name)
	}
	return names
}

func nameOf(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return name
	}
	// The first word, of which all letters may be large, gets small ones.
	runes := []rune(f.Name)
	for i := range runes {
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) || !unicode.IsUpper(runes[i]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}
