package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// depthMax is the largest depth of nesting in a file.
const depthMax = 100

// readJSON reads a file in the JSON subset of the format, for WebAssembly, which has no YAML reader.
func readJSON(text []byte) (*node, error) {
	r := jsonReader{json.NewDecoder(bytes.NewReader(text)), text}
	r.UseNumber()
	n, err := r.node(0)
	if err != nil {
		return nil, fmt.Errorf("json: line %d: %w", r.line(), err)
	}
	if _, err := r.Token(); err != io.EOF {
		return nil, fmt.Errorf("json: line %d: more than one value", r.line())
	}
	return n, nil
}

type jsonReader struct {
	*json.Decoder
	text []byte
}

// line returns the reader's current line.
func (r jsonReader) line() int { return 1 + bytes.Count(r.text[:r.InputOffset()], []byte{'\n'}) }

func (r jsonReader) node(depth int) (*node, error) {
	if depth > depthMax {
		return nil, errors.New("too deep")
	}
	token, err := r.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	n := &node{kind: scalar, line: r.line()}
	switch token := token.(type) {
	case string:
		n.text = token
		return n, nil
	case json.Delim:
		n.kind = sequence
		if token == '{' {
			n.kind = keyed
		}
	default:
		n.text = fmt.Sprint(token)
		return n, nil
	}
	for r.More() {
		child, err := r.node(depth + 1)
		if err != nil {
			return nil, err
		}
		n.children = append(n.children, child)
	}
	_, err = r.Token() // the closing delimiter
	return n, err
}
