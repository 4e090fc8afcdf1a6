//go:build !wasm

package profile

import (
	"bytes"
	"embed"
	"errors"
	"io"

	"go.yaml.in/yaml/v3"
)

// data has the built-in profiles.
//
//go:embed data/*.yaml
var data embed.FS

const extension = ".yaml"

// read reads a file of one document.
func read(text []byte) (*node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	return nodeOf(document.Content[0]), nil
}

func nodeOf(y *yaml.Node) *node {
	n := &node{line: y.Line, text: y.Value, anchored: y.Kind == yaml.AliasNode || y.Anchor != ""}
	switch y.Kind {
	case yaml.ScalarNode:
		n.kind = scalar
	case yaml.SequenceNode:
		n.kind = sequence
	case yaml.MappingNode:
		n.kind = keyed
	}
	for _, child := range y.Content {
		n.children = append(n.children, nodeOf(child))
	}
	return n
}
