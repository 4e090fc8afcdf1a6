package profile

import (
	"fmt"
	"slices"
	"strings"
)

// fields has the keys and values of a mapping in a file, with its position.
type fields struct {
	path   string
	line   int
	values map[string]*node
	order  []string // the keys
}

// mapping reads a node that must be a mapping with known keys; nil accepts any keys.
func mapping(n *node, path string, known []string) (fields, error) {
	f := fields{path: path, line: n.line, values: map[string]*node{}}
	if n.kind != keyed {
		return f, f.errorf("is not a list of keys and values")
	}
	for i := 0; i < len(n.children); i += 2 {
		key, value := n.children[i], n.children[i+1]
		f.line = key.line
		switch {
		case key.kind != scalar:
			return f, f.errorf("has a key that is no word")
		case known != nil && !slices.Contains(known, key.text):
			return f, f.errorf("unknown key %q; known are %s", key.text, strings.Join(known, ", "))
		case f.values[key.text] != nil:
			return f, f.errorf("key %q is there twice", key.text)
		case value.anchored:
			return f, f.errorf("key %q has an anchor or alias", key.text)
		}
		f.values[key.text] = value
		f.order = append(f.order, key.text)
	}
	f.line = n.line
	return f, nil
}

// get returns the value of a required key.
func (f fields) get(key string) (*node, error) {
	if n := f.values[key]; n != nil {
		return n, nil
	}
	return nil, f.errorf("key %q is missing", key)
}

// mapping returns the value of a required key, which must be a mapping with known keys.
func (f fields) mapping(key string, known []string) (fields, error) {
	n, err := f.get(key)
	if err != nil {
		return fields{}, err
	}
	path := key
	if f.path != "file" {
		path = f.path + "." + key
	}
	return mapping(n, path, known)
}

// text returns the value of a required key, which must be a text that is not empty.
func (f fields) text(key string) (string, error) {
	n, err := f.get(key)
	if err != nil {
		return "", err
	}
	if n.kind != scalar || strings.TrimSpace(n.text) == "" {
		return "", f.errorf("key %q is not a text", key)
	}
	return strings.TrimSpace(n.text), nil
}

// number returns the value of a required key, which must be a number.
func (f fields) number(key string, unit Unit) (float64, error) {
	text, err := f.text(key)
	if err != nil {
		return 0, err
	}
	x, err := unit.parse(text)
	if err != nil {
		return 0, f.errorf("%s: %w", key, err)
	}
	return x, nil
}

// numbers returns the value of a required key, which must be a list of numbers.
func (f fields) numbers(key string, unit Unit) ([]float64, error) {
	n, err := f.get(key)
	if err != nil {
		return nil, err
	}
	return numbers(n, f.path+"."+key, unit)
}

func numbers(n *node, path string, unit Unit) (list []float64, err error) {
	at := fields{path: path, line: n.line}
	if n.kind != sequence {
		return nil, at.errorf("is not a list")
	}
	for _, item := range n.children {
		if item.kind != scalar {
			return nil, at.errorf("is not a list of numbers")
		}
		x, err := unit.parse(item.text)
		if err != nil {
			return nil, at.errorf("%w", err)
		}
		list = append(list, x)
	}
	return list, nil
}

// evidence reads the evidence and the source of a figure.
func (f fields) evidence() (Evidence, string, error) {
	text, err := f.text("evidence")
	if err != nil {
		return "", "", err
	}
	if !slices.Contains(evidences, Evidence(text)) {
		return "", "", f.errorf("evidence %q is none of %v", text, evidences)
	}
	source, err := f.text("source")
	return Evidence(text), source, err
}

func (f fields) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %s: "+format, append([]any{f.line, f.path}, args...)...)
}
