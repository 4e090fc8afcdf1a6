package wire

import (
	"encoding/json"
	"strings"
)

// keysMax is the maximum number of keys of a plain object. The parser compares each key with all previous keys.
const keysMax = 32

// parsePlain parses the common subset of JSON that Append writes: no space except at the end, no escapes in strings,
// only integers. It returns false for all other inputs, valid or not. Strings share the memory of text, which must be
// UTF-8.
func parsePlain(text string) (Object, bool) {
	v, rest, ok := plainValue(text, 0)
	o, isObject := v.(Object)
	return o, ok && isObject && strings.TrimRight(rest, " \t\r\n") == ""
}

func plainValue(s string, depth int) (v any, rest string, ok bool) {
	if s == "" || depth > depthMax {
		return nil, "", false
	}
	switch s[0] {
	case '"':
		return plainString(s)
	case '{':
		return plainObject(s[1:], depth)
	case '[':
		return plainList(s[1:], depth)
	}
	for _, word := range words {
		if rest, ok := strings.CutPrefix(s, word.text); ok {
			return word.value, rest, true
		}
	}
	return plainNumber(s)
}

var words = []struct {
	text  string
	value any
}{{"true", true}, {"false", false}, {"null", nil}}

func plainString(s string) (v any, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[1:i], s[i+1:], true
		case c == '\\' || c < ' ':
			return nil, "", false
		}
	}
	return nil, "", false
}

func plainNumber(s string) (v any, rest string, ok bool) {
	i := 0
	if s[0] == '-' {
		i++
	}
	first := i
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	if i == first || s[first] == '0' && i > first+1 || i < len(s) && strings.IndexByte(".eE", s[i]) >= 0 {
		return nil, "", false
	}
	return json.Number(s[:i]), s[i:], true
}

func plainObject(s string, depth int) (v any, rest string, ok bool) {
	o := Object{}
	if rest, ok := strings.CutPrefix(s, "}"); ok {
		return o, rest, true
	}
	for len(o) < keysMax {
		if s == "" || s[0] != '"' {
			return nil, "", false
		}
		key, after, ok := plainString(s)
		if !ok || after == "" || after[0] != ':' {
			return nil, "", false
		}
		m := Member{Key: key.(string)}
		for i := range o {
			if o[i].Key == m.Key {
				return nil, "", false
			}
		}
		if m.Value, s, ok = plainValue(after[1:], depth+1); !ok || s == "" {
			return nil, "", false
		}
		o = append(o, m)
		end := s[0]
		s = s[1:]
		switch end {
		case '}':
			return o, s, true
		case ',':
		default:
			return nil, "", false
		}
	}
	return nil, "", false
}

func plainList(s string, depth int) (v any, rest string, ok bool) {
	list := []any{}
	if rest, ok := strings.CutPrefix(s, "]"); ok {
		return list, rest, true
	}
	for {
		var element any
		if element, s, ok = plainValue(s, depth+1); !ok || s == "" {
			return nil, "", false
		}
		list = append(list, element)
		end := s[0]
		s = s[1:]
		switch end {
		case ']':
			return list, s, true
		case ',':
		default:
			return nil, "", false
		}
	}
}
