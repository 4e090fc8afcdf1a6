package shrink

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
)

// Shape returns the trace as text in which every name, digest and written text is replaced by its number, in the order
// of first use. Two traces of one shape differ in names only. For example, the shape of a lease's creation is the same
// for all leases:
//
//	{"id":"#1","ns":"#2","op":"leases.create"}
func Shape(trace []engine.Op) string {
	s := &shrinker{best: trace}
	names := map[string]bool{}
	for _, kind := range named {
		for _, name := range s.valuesOf(kind.field) {
			names[name] = true
		}
	}
	for _, data := range s.valuesOf("data") {
		names[data] = true
	}
	numbers := map[string]string{}
	number := func(name string) string {
		if numbers[name] == "" {
			numbers[name] = fmt.Sprintf("#%d", len(numbers)+1)
		}
		return numbers[name]
	}
	text := func(value string) string {
		if names[value] {
			return number(value)
		}
		value = digests.ReplaceAllStringFunc(value, number)
		parts := separated.FindAllString(value, -1)
		for i, part := range parts {
			if names[part] {
				parts[i] = number(part)
			}
		}
		return strings.Join(parts, "")
	}
	var shape func(field string, value any) any
	shape = func(field string, value any) any {
		switch v := value.(type) {
		case string:
			if field != "op" {
				return text(v)
			}
		case []any:
			for i := range v {
				v[i] = shape(field, v[i])
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				v[name] = shape(name, v[name])
			}
		}
		return value
	}
	var all strings.Builder
	for _, op := range trace {
		line, _ := json.Marshal(shape("", any(asMap(op))))
		all.Write(line)
		all.WriteByte('\n')
	}
	return all.String()
}

var (
	digests   = regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	separated = regexp.MustCompile(`[/|]|[^/|]+`) // the parts of a string, and the separators
)
