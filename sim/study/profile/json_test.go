package profile

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestJSON sees to it that the profiles for WebAssembly say the same as the others.
func TestJSON(t *testing.T) {
	for _, name := range Names() {
		text, err := Text(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		file := "data/" + name + ".json"
		if flag.Lookup("update").Value.String() == "true" { // which profile_test.go defines
			if err := os.WriteFile(file, append(appendJSON(nil, want), '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readJSON(written)
		if err != nil {
			t.Fatal(err)
		}
		clearLines(got)
		clearLines(want)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s differs from the profile: write it anew with -update", file)
		}
	}
}

// appendJSON appends a file, each of its keys in a line of its own, to the depth of figures.
func appendJSON(to []byte, n *node) []byte {
	var write func(n *node, depth int)
	text := func(s string) {
		var coded bytes.Buffer
		e := json.NewEncoder(&coded)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			panic(err)
		}
		to = append(to, bytes.TrimSpace(coded.Bytes())...)
	}
	write = func(n *node, depth int) {
		brackets, between := "[]", 1
		switch n.kind {
		case scalar:
			text(n.text)
			return
		case keyed:
			brackets, between = "{}", 2
		}
		to = append(to, brackets[0])
		for i, child := range n.children {
			switch {
			case i%between == 1:
				to = append(to, ": "...)
			case depth < 3:
				to = append(append(to, ",\n"[min(1, max(0, 1-i)):]...), strings.Repeat("  ", depth+1)...)
			case i > 0:
				to = append(to, ", "...)
			}
			write(child, depth+1)
		}
		if depth < 3 {
			to = append(append(to, '\n'), strings.Repeat("  ", depth)...)
		}
		to = append(to, brackets[1])
	}
	write(n, 0)
	return to
}

func clearLines(n *node) {
	n.line = 0
	for _, child := range n.children {
		clearLines(child)
	}
}

func TestJSONErrors(t *testing.T) {
	for text, want := range map[string]string{
		"": "unexpected EOF", "{": "EOF", "{\n\"a\"": "line 2", "{\"a\":}": "invalid", "[1] 2": "more than one", "[1": "EOF",
		strings.Repeat("[", 200): "too deep",
	} {
		if n, err := readJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, %v, not %s", text, n, err, want)
		}
	}
}
