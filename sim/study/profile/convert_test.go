//go:build !wasm

package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestMechanicalConversion converts each built-in profile from YAML to JSON as any converter does, with numbers as JSON
// numbers and keys as strings. The JSON reader must read the same profile.
func TestMechanicalConversion(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			text, err := Text(name)
			if err != nil {
				t.Fatal(err)
			}
			var document yaml.Node
			if err := yaml.Unmarshal(text, &document); err != nil {
				t.Fatal(err)
			}
			var converted bytes.Buffer
			convert(t, &converted, document.Content[0])
			read, err := readJSON(converted.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			want, got := &Profile{}, &Profile{}
			if err := parse(want, text); err != nil {
				t.Fatal(err)
			}
			if err := got.parseNode(read); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Error("the converted profile differs")
			}
		})
	}
}

// convert writes a YAML node as JSON. Scalars have the type that YAML gives them.
func convert(t *testing.T, to *bytes.Buffer, n *yaml.Node) {
	t.Helper()
	switch n.Kind {
	case yaml.MappingNode:
		// Integer keys come first, as in a JavaScript object.
		separator := "{"
		for _, integers := range []bool{true, false} {
			for i := 0; i < len(n.Content); i += 2 {
				key := n.Content[i]
				if integers == (key.ShortTag() == "!!int") {
					fmt.Fprintf(to, "%s%q:", separator, key.Value)
					convert(t, to, n.Content[i+1])
					separator = ","
				}
			}
		}
		to.WriteString("}")
	case yaml.SequenceNode:
		separator := "["
		for _, child := range n.Content {
			to.WriteString(separator)
			convert(t, to, child)
			separator = ","
		}
		to.WriteString("]")
	default:
		var value any
		if err := n.Decode(&value); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		to.Write(text)
	}
}
