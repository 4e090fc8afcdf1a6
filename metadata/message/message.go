package message

import (
	"errors"
	"unicode/utf8"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// The field numbers of an Any on the wire.
const (
	typeURL protowire.Number = 1
	value   protowire.Number = 2
)

var errTypeURL = errors.New("the type URL is not UTF-8")

// Of returns a as a Message: a itself if it is a Message, nil if a is nil, otherwise a copy.
func Of(a Any) *Message {
	switch a := a.(type) {
	case nil:
		return nil
	case *Message:
		return a
	}
	return &Message{TypeUrl: a.GetTypeUrl(), Value: a.GetValue()}
}

// Append appends the wire form of m to b, with the same bytes as package proto. A nil m has no bytes. It fails if the
// type URL is not UTF-8.
func Append(to []byte, m *Message) ([]byte, error) {
	if m == nil {
		return to, nil
	}
	if !utf8.ValidString(m.TypeUrl) {
		return to, errTypeURL
	}
	if m.TypeUrl != "" {
		to = protowire.AppendTag(to, typeURL, protowire.BytesType)
		to = protowire.AppendString(to, m.TypeUrl)
	}
	if len(m.Value) > 0 {
		to = protowire.AppendTag(to, value, protowire.BytesType)
		to = protowire.AppendBytes(to, m.Value)
	}
	return append(to, unknown(m)...), nil
}

// Decode decodes a wire form and preserves unknown fields. The type URL may share the memory of v. The value is a copy,
// since callers may modify that slice.
func Decode(v string) (*Message, error) {
	var (
		m    = new(Message)
		rest = unsafe.Slice(unsafe.StringData(v), len(v)) // is only read
		more []byte
	)
	for len(rest) > 0 {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return nil, protowire.ParseError(n)
		}
		if number > protowire.MaxValidNumber {
			return nil, errors.New("a field has a number that is too large")
		}
		rest = rest[n:]
		if n = protowire.ConsumeFieldValue(number, kind, rest); n < 0 {
			return nil, protowire.ParseError(n)
		}
		field := rest[:n]
		rest = rest[n:]
		switch {
		case number == typeURL && kind == protowire.BytesType:
			content, _ := protowire.ConsumeBytes(field)
			end := len(v) - len(rest)
			m.TypeUrl = v[end-len(content) : end]
			if !utf8.ValidString(m.TypeUrl) {
				return nil, errTypeURL
			}
		case number == value && kind == protowire.BytesType:
			content, _ := protowire.ConsumeBytes(field)
			m.Value = append([]byte(nil), content...)
		default:
			more = append(protowire.AppendTag(more, number, kind), field...)
		}
	}
	if more != nil {
		setUnknown(m, more)
	}
	return m, nil
}
