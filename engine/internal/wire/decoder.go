package wire

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/message"
	"github.com/holdfast-gc/holdfast/metadata/snapshots"
)

// A Decoder reads the common subset of JSON that [Encoder] writes, without reflection: no space except at the end. Any
// other input makes it fail, whether [Parse] accepts that input or not: a caller whose Decoder failed starts again with
// Parse and [Decode]. After a failure, values are arbitrary.
//
// The text must be UTF-8. Strings without escapes share its memory.
type Decoder struct {
	text   string
	at     int
	failed bool
}

// NewDecoder returns a Decoder at the beginning of a text.
func NewDecoder(text string) *Decoder { return &Decoder{text: text} }

// Fail gives up.
//
//go:noinline
func (d *Decoder) Fail() { d.failed = true }

// Done reports whether the Decoder has read the whole text and has not failed.
func (d *Decoder) Done() bool {
	return !d.failed && strings.TrimRight(d.text[d.at:], " \t\r\n") == ""
}

// skip reads a byte if it is next.
//
//go:noinline
func (d *Decoder) skip(c byte) bool {
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

//go:noinline
func (d *Decoder) expect(c byte) {
	if !d.skip(c) {
		d.Fail()
	}
}

// Object reads the beginning of an object.
//
//go:noinline
func (d *Decoder) Object() { d.expect('{') }

// Member reads the key of the next member of an object after n members. It returns false after the last one, and after
// a failure.
func (d *Decoder) Member(n int) (key string, ok bool) {
	if !d.more(n, '}') {
		return "", false
	}
	key = d.plainText()
	d.expect(':')
	return key, !d.failed
}

// more reports whether a list or an object has another element after n elements, and reads the separator.
func (d *Decoder) more(n int, end byte) bool {
	if d.failed || d.skip(end) {
		return false
	}
	if n > 0 {
		d.expect(',')
	}
	return !d.failed
}

// Once marks bit i of seen. It fails if the bit is set: the key is a duplicate.
//
//go:noinline
func (d *Decoder) Once(seen *uint64, i int) {
	if *seen>>i&1 != 0 {
		d.Fail()
	}
	*seen |= 1 << i
}

// plainText reads a string.
func (d *Decoder) plainText() string {
	d.expect('"')
	if d.failed {
		return ""
	}
	first := d.at
	for i := first; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			d.at = i + 1
			return d.text[first:i]
		case c == '\\':
			return d.escapedText(first-1, i)
		case c < ' ':
			d.Fail()
			return ""
		}
	}
	d.Fail()
	return ""
}

// escapedText reads a string whose quote is at first, and whose first escape is at i.
func (d *Decoder) escapedText(first, i int) (s string) {
	for ; i < len(d.text) && d.text[i] != '"'; i++ {
		if d.text[i] == '\\' {
			i++ // the next character may be a quote
		}
	}
	if i >= len(d.text) || json.Unmarshal([]byte(d.text[first:i+1]), &s) != nil {
		d.Fail()
		return ""
	}
	d.at = i + 1
	return s
}

// Text reads a string, also one that isn't UTF-8.
//
//go:noinline
func (d *Decoder) Text() string {
	rest, ok := strings.CutPrefix(d.text[d.at:], `{"b64":`)
	if !ok || d.failed {
		return d.plainText()
	}
	d.at = len(d.text) - len(rest)
	coded := d.plainText()
	d.expect('}')
	data, err := base64.StdEncoding.Strict().DecodeString(coded)
	if err != nil {
		d.Fail()
	}
	return string(data)
}

// Bytes reads a string as bytes, which the caller owns.
//
//go:noinline
func (d *Decoder) Bytes() []byte { return []byte(d.Text()) }

// Bool reads a Boolean value.
func (d *Decoder) Bool() bool {
	for _, word := range words[:2] {
		if strings.HasPrefix(d.text[d.at:], word.text) {
			d.at += len(word.text)
			return word.value.(bool)
		}
	}
	d.Fail()
	return false
}

// Small reads an unsigned number of at most 32 bits.
func (d *Decoder) Small(bits int) uint32 {
	first := d.at
	for d.at < len(d.text) && '0' <= d.text[d.at] && d.text[d.at] <= '9' {
		d.at++
	}
	digits := d.text[first:d.at]
	n, err := strconv.ParseUint(digits, 10, bits)
	if err != nil || digits[0] == '0' && len(digits) > 1 {
		d.Fail()
	}
	if d.at < len(d.text) && strings.IndexByte(".eE", d.text[d.at]) >= 0 {
		d.Fail()
	}
	return uint32(n)
}

// Int reads a signed number of 64 bits.
//
//go:noinline
func (d *Decoder) Int() int64 { return parsed(d, parseInt) }

// Uint reads an unsigned number of 64 bits.
//
//go:noinline
func (d *Decoder) Uint() uint64 { return parsed(d, parseUint) }

// Duration reads a duration.
//
//go:noinline
func (d *Decoder) Duration() time.Duration { return parsed(d, time.ParseDuration) }

// Kind reads a kind of snapshots.
func (d *Decoder) Kind() snapshots.Kind { return snapshots.ParseKind(d.plainText()) }

// Time reads a time.
func (d *Decoder) Time() (at time.Time) {
	if decodeTime(d.plainText(), &at) != nil {
		d.Fail()
	}
	return at
}

func parseInt(s string) (int64, error)   { return strconv.ParseInt(s, 10, 64) }
func parseUint(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) }

// parsed parses a string.
func parsed[T any](d *Decoder, parse func(string) (T, error)) T {
	v, err := parse(d.plainText())
	if err != nil {
		d.Fail()
	}
	return v
}

// Message reads a message.
func (d *Decoder) Message() message.Any {
	if strings.HasPrefix(d.text[d.at:], "null") {
		d.at += len("null")
		return (*message.Message)(nil)
	}
	m, seen := &message.Message{}, uint64(0)
	d.Object()
	for n := 0; ; n++ {
		key, ok := d.Member(n)
		switch {
		case !ok:
			return m
		case key == "typeUrl":
			d.Once(&seen, 0)
			m.TypeUrl = d.Text()
		case key == "value":
			d.Once(&seen, 1)
			m.Value = d.Bytes()
		default:
			d.Fail()
		}
	}
}

// DecodeList reads a list. The result is not nil.
func DecodeList[T any](d *Decoder, element func(*Decoder) T) []T {
	list := []T{}
	d.expect('[')
	for n := 0; d.more(n, ']'); n++ {
		list = append(list, element(d))
	}
	return list
}

// DecodeMap reads a map with keys in UTF-8. The result is not nil.
func DecodeMap[T any](d *Decoder, element func(*Decoder) T) map[string]T {
	m := map[string]T{}
	d.Object()
	for n := 0; ; n++ {
		key, ok := d.Member(n)
		if !ok {
			return m
		}
		m[key] = element(d)
		if len(m) <= n { // the key is a duplicate
			d.Fail()
		}
	}
}
