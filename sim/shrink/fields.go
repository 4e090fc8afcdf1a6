package shrink

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// fields removes fields of Ops and elements of lists, outer ones first.
func (s *shrinker) fields() {
	for i := range s.best {
		var walk func(path []any, value any)
		try := func(path []any, step any, inner any) {
			at := append(path[:len(path):len(path)], step)
			if !s.tryOp(i, func(op map[string]any) { without(op, at) }) {
				walk(at, inner)
			}
		}
		walk = func(path []any, value any) {
			switch v := value.(type) {
			case map[string]any:
				for _, name := range slices.Sorted(maps.Keys(v)) {
					if len(path) > 0 || name != "op" {
						try(path, name, v[name])
					}
				}
			case []any:
				for n := len(v) - 1; n >= 0; n-- { // from the end, because later elements move up
					try(path, n, v[n])
				}
			}
		}
		walk(nil, asMap(s.best[i]))
	}
}

// tryOp tries the trace with one Op's JSON changed.
func (s *shrinker) tryOp(i int, change func(map[string]any)) bool {
	fields := asMap(s.best[i])
	change(fields)
	text, err := json.Marshal(fields)
	if err != nil {
		return false
	}
	op, err := op.Parse(text)
	if err != nil {
		return false
	}
	candidate := slices.Clone(s.best)
	candidate[i] = op
	return s.try(candidate)
}

// asMap returns the JSON of an Op.
func asMap(op engine.Op) (fields map[string]any) {
	text, _ := op.MarshalJSON()
	_ = json.Unmarshal(text, &fields)
	return fields
}

// without returns a value without the field or element at a path. It changes maps in place.
func without(value any, path []any) any {
	switch v := value.(type) {
	case map[string]any:
		name, _ := path[0].(string)
		if len(path) == 1 {
			delete(v, name)
		} else if inner, ok := v[name]; ok {
			v[name] = without(inner, path[1:])
		}
	case []any:
		n, _ := path[0].(int)
		if n >= len(v) {
			return v
		}
		if len(path) == 1 {
			return slices.Delete(slices.Clone(v), n, n+1)
		}
		v[n] = without(v[n], path[1:])
	}
	return value
}

// named are the fields with names that a trace chose, and the first letters of their short names.
var named = []struct{ field, letter string }{
	{"ns", "n"}, {"call", "c"}, {"lease", "l"}, {"id", "i"}, {"name", "m"}, {"key", "k"}, {"parent", "k"}, {"ref", "r"},
}

// names shortens names. It replaces a name in all Ops, where it is a whole string or a part between slashes or bars.
func (s *shrinker) names() {
	renamed := map[string]bool{}
	for _, kind := range named {
		for _, long := range s.valuesOf(kind.field) {
			if renamed[long] {
				continue
			}
			for n := 1; n < 100; n++ {
				short := fmt.Sprint(kind.letter, n)
				if renamed[short] || len(short) >= len(long) {
					continue
				}
				if s.try(rename(s.best, long, short)) {
					renamed[long], renamed[short] = true, true
				}
				break
			}
		}
	}
}

// valuesOf returns the different values of a field, in order.
func (s *shrinker) valuesOf(field string) (all []string) {
	var walk func(value any)
	walk = func(value any) {
		switch v := value.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				if text, ok := v[name].(string); ok && name == field && !slices.Contains(all, text) {
					all = append(all, text)
				}
				walk(v[name])
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	for _, op := range s.best {
		walk(asMap(op))
	}
	return all
}

// rename replaces a name in all Ops.
func rename(ops []engine.Op, long, short string) []engine.Op {
	renamed := make([]engine.Op, len(ops))
	for i, o := range ops {
		renamed[i] = o
		text := o.String()
		changed := text
		for _, before := range []string{`"`, `/`, `|`} {
			for _, after := range []string{`"`, `/`} {
				changed = strings.ReplaceAll(changed, before+long+after, before+short+after)
			}
		}
		if changed == text {
			continue
		}
		if parsed, err := op.Parse([]byte(changed)); err == nil {
			renamed[i] = parsed
		}
	}
	return renamed
}
