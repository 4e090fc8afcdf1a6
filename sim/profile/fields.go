package profile

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fields are the keys and values of a mapping in a file, and where it stands there.
type fields struct {
	path   string
	line   int
	values map[string]*yaml.Node
	order  []string // the keys
}

// mapping reads a node that has to be a mapping of the known keys; nil for any.
func mapping(n *yaml.Node, path string, known []string) (fields, error) {
	f := fields{path: path, line: n.Line, values: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		return f, f.errorf("is not a list of keys and values")
	}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f.line = key.Line
		switch {
		case key.Kind != yaml.ScalarNode:
			return f, f.errorf("has a key that is no word")
		case known != nil && !slices.Contains(known, key.Value):
			return f, f.errorf("unknown key %q; known are %s", key.Value, strings.Join(known, ", "))
		case f.values[key.Value] != nil:
			return f, f.errorf("key %q is there twice", key.Value)
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			return f, f.errorf("key %q has an anchor or alias", key.Value)
		}
		f.values[key.Value] = value
		f.order = append(f.order, key.Value)
	}
	f.line = n.Line
	return f, nil
}

// get is the value of a key that has to be there.
func (f fields) get(key string) (*yaml.Node, error) {
	if n := f.values[key]; n != nil {
		return n, nil
	}
	return nil, f.errorf("key %q is missing", key)
}

// mapping is the value of a key that has to be a mapping of the known keys.
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

// text is the value of a key that has to be a text, not empty.
func (f fields) text(key string) (string, error) {
	n, err := f.get(key)
	if err != nil {
		return "", err
	}
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		return "", f.errorf("key %q is not a text", key)
	}
	return strings.TrimSpace(n.Value), nil
}

// number is the value of a key that has to be a number.
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

// numbers is the value of a key that has to be a list of them.
func (f fields) numbers(key string, unit Unit) ([]float64, error) {
	n, err := f.get(key)
	if err != nil {
		return nil, err
	}
	return numbers(n, f.path+"."+key, unit)
}

func numbers(n *yaml.Node, path string, unit Unit) (list []float64, err error) {
	at := fields{path: path, line: n.Line}
	if n.Kind != yaml.SequenceNode {
		return nil, at.errorf("is not a list")
	}
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			return nil, at.errorf("is not a list of numbers")
		}
		x, err := unit.parse(item.Value)
		if err != nil {
			return nil, at.errorf("%w", err)
		}
		list = append(list, x)
	}
	return list, nil
}

// evidence is what every figure has.
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
