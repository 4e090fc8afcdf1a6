package wire

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

var plainTexts = []string{
	"{} \t\r\n", `{"op":"images.get","ns":"default","name":"a"}`, `{"a":[],"b":[1,-2,0],"c":{"d":null,"e":true,"f":false}}`, `{"ü":"é "}`,
	``, `{`, `}`, `[]`, `"a"`, `1`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 }`, `{"a":1}{`, `{"a":1,"a":2}`, `{"a":"\n"}`, "{\"a\":\"\n\"}",
	`{"a":01}`, `{"a":-}`, `{"a":-0}`, `{"a":1.5}`, `{"a":1e5}`, `{"a":+1}`, `{"a":nul}`, `{"a":truer}`, `{"a":[1,]}`, `{"a":[1`, `{"a":"x`, `{1:2}`,
	`{"a":"\ud800"}`, `{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `{"a":1x}`, `{"a":{"b":1}]`,
}

// FuzzPlain compares parsePlain with parse.
func FuzzPlain(f *testing.F) {
	for _, text := range plainTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		o, ok := parsePlain(text)
		if !ok {
			return
		}
		if want, err := parse([]byte(text)); err != nil || !reflect.DeepEqual(o, want) {
			t.Errorf("parsePlain(%q) = %v, but parse = %v, %v", text, o, want, err)
		}
	})
}

// TestPlain checks which inputs the fast parser accepts.
func TestPlain(t *testing.T) {
	for i, text := range plainTexts {
		if _, ok := parsePlain(text); ok != (i < 4 || text == `{"a":-0}`) {
			t.Errorf("parsePlain(%q) returns %v", text, ok)
		}
	}
}
