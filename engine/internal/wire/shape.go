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

// Types with a JSON form of their own.
var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	anyType      = reflect.TypeFor[message.Any]()
	nodeType     = reflect.TypeFor[gc.Node]()
	kindType     = reflect.TypeFor[snapshots.Kind]()
)

// A field is an exported field of a struct, or of a struct that is embedded in it.
type field struct {
	name  string
	index []int
}

var shapes sync.Map // from reflect.Type to []field

// fieldsOf returns the fields of a struct type, in order.
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

// nameOf returns the JSON name of a field.
func nameOf(f reflect.StructField) string {
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return name
	}
	// Lower the first word, which may be all upper case.
	runes := []rune(f.Name)
	for i := range runes {
		if i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) || !unicode.IsUpper(runes[i]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}
