package wire

import (
	"encoding/base64"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// An Encoder appends values to To as [Append] does, without reflection. It fails at a value without a JSON form: the
// caller then gets the error from Append or [AppendObject].
type Encoder struct {
	To     []byte
	Failed bool
}

// The small methods are not inlined: generated code calls them some hundred times, and a copy of each call would make
// the WebAssembly module larger by a tenth.

// Open begins an object.
//
//go:noinline
func (e *Encoder) Open() { e.To = append(e.To, '{') }

// Close ends an object.
//
//go:noinline
func (e *Encoder) Close() { e.To = append(e.To, '}') }

// Key begins a member of an object. The key needs no escapes.
//
//go:noinline
func (e *Encoder) Key(key string) {
	if last := len(e.To) - 1; e.To[last] != '{' {
		e.To = append(e.To, ',')
	}
	e.To = append(append(append(e.To, '"'), key...), '"', ':')
}

// Text appends a string, also one that isn't UTF-8.
//
//go:noinline
func (e *Encoder) Text(s string) { e.To = appendText(e.To, s) }

// TextField appends a member unless its value is "".
func (e *Encoder) TextField(key, s string) {
	if s != "" {
		e.Key(key)
		e.Text(s)
	}
}

// IntField appends a member unless its value is 0.
func (e *Encoder) IntField(key string, v int64) {
	if v != 0 {
		e.Key(key)
		e.Int(v)
	}
}

// UintField appends a member unless its value is 0.
func (e *Encoder) UintField(key string, v uint64) {
	if v != 0 {
		e.Key(key)
		e.Uint(v)
	}
}

// BoolField appends a member unless its value is false.
func (e *Encoder) BoolField(key string, v bool) {
	if v {
		e.Key(key)
		e.Bool(v)
	}
}

// DurationField appends a member unless its value is 0.
func (e *Encoder) DurationField(key string, v time.Duration) {
	if v != 0 {
		e.Key(key)
		e.Duration(v)
	}
}

// TimeField appends a member unless its value is zero.
func (e *Encoder) TimeField(key string, v time.Time) {
	if !v.IsZero() {
		e.Key(key)
		e.Time(v)
	}
}

// Bytes appends bytes as a string.
//
//go:noinline
func (e *Encoder) Bytes(b []byte) { e.To = appendText(e.To, b) }

// Bool appends a Boolean value.
//
//go:noinline
func (e *Encoder) Bool(v bool) { e.To = strconv.AppendBool(e.To, v) }

// Small appends an unsigned number of at most 32 bits.
//
//go:noinline
func (e *Encoder) Small(v uint32) { e.To = strconv.AppendUint(e.To, uint64(v), 10) }

// Int appends a signed number of 64 bits.
//
//go:noinline
func (e *Encoder) Int(v int64) {
	e.To = append(strconv.AppendInt(append(e.To, '"'), v, 10), '"')
}

// Uint appends an unsigned number of 64 bits.
//
//go:noinline
func (e *Encoder) Uint(v uint64) {
	e.To = append(strconv.AppendUint(append(e.To, '"'), v, 10), '"')
}

// Duration appends a duration.
//
//go:noinline
func (e *Encoder) Duration(v time.Duration) { e.Text(v.String()) }

// Node appends the name of a node.
func (e *Encoder) Node(v gc.Node) { e.Text(metadata.NodeName(v)) }

// Kind appends a kind of snapshots.
func (e *Encoder) Kind(v snapshots.Kind) { e.Text(strings.ToLower(v.String())) }

// Time appends a time. It fails if the year doesn't have four digits.
func (e *Encoder) Time(v time.Time) {
	to, err := v.AppendText(append(e.To, '"'))
	if err != nil {
		e.Failed = true
		return
	}
	e.To = append(to, '"')
}

// Message appends a message.
func (e *Encoder) Message(a message.Any) {
	m, ok := a.(*message.Message)
	if !ok {
		e.Any(&a)
		return
	}
	if m == nil {
		e.To = append(e.To, "null"...)
		return
	}
	e.Open()
	if m.TypeUrl != "" {
		e.Key("typeUrl")
		e.Text(m.TypeUrl)
	}
	if m.Value != nil {
		e.Key("value")
		e.Bytes(m.Value)
	}
	e.Close()
}

// Any appends the value that a pointer points to by reflection.
func (e *Encoder) Any(pointer any) {
	to, err := appendValue(e.To, reflect.ValueOf(pointer).Elem())
	if err != nil {
		e.Failed = true
		return
	}
	e.To = to
}

// EncodeList appends a list.
func EncodeList[T any](e *Encoder, list []T, element func(*Encoder, T)) {
	e.To = append(e.To, '[')
	for i, v := range list {
		if i > 0 {
			e.To = append(e.To, ',')
		}
		element(e, v)
	}
	e.To = append(e.To, ']')
}

// EncodeMap appends a map, sorted by key.
func EncodeMap[T any](e *Encoder, m map[string]T, element func(*Encoder, T)) {
	var few [8]string
	keys, object := few[:0], true
	for key := range m {
		keys = append(keys, key)
		object = object && utf8.ValidString(key)
	}
	slices.Sort(keys)
	brackets, between := "{}", byte(':')
	if !object {
		brackets, between = "[]", ','
	}
	e.To = append(e.To, brackets[0])
	for i, key := range keys {
		if i > 0 {
			e.To = append(e.To, ',')
		}
		if !object {
			e.To = append(e.To, '[')
		}
		e.Text(key)
		e.To = append(e.To, between)
		element(e, m[key])
		if !object {
			e.To = append(e.To, ']')
		}
	}
	e.To = append(e.To, brackets[1])
}

func appendText[S string | []byte](to []byte, s S) []byte {
	if plain, valid := classify(s); plain {
		return append(append(append(to, '"'), s...), '"')
	} else if valid {
		return appendEscaped(to, string(s))
	}
	to = append(to, `{"b64":"`...)
	to = base64.StdEncoding.AppendEncode(to, []byte(s))
	return append(to, `"}`...)
}

// classify reports whether a string needs no escapes, and whether it is UTF-8.
func classify[S string | []byte](s S) (plain, valid bool) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false, utf8.ValidString(string(s[i:]))
		}
	}
	return true, true
}

// shortEscapes are the characters with an escape of one letter, and the letters.
const shortEscapes = "\"\"\\\\\bb\ff\nn\rr\tt"

// appendEscaped appends a string in UTF-8 with the escapes of encoding/json without HTML.
func appendEscaped(to []byte, s string) []byte {
	to = append(to, '"')
	first := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' && c != '\u2028' && c != '\u2029' {
			continue
		}
		to = append(append(to, s[first:i]...), '\\')
		first = i + utf8.RuneLen(c)
		letter := byte(0)
		for k := 0; k < len(shortEscapes); k += 2 {
			if rune(shortEscapes[k]) == c {
				letter = shortEscapes[k+1]
			}
		}
		if letter != 0 {
			to = append(to, letter)
			continue
		}
		const digits = "0123456789abcdef"
		to = append(to, 'u', digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15])
	}
	return append(append(to, s[first:]...), '"')
}
