package metadata

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// A form is one way in which the bytes of a value carry meaning. There is one
// variable per form below, and one pair of functions that encodes and decodes
// it; whoever shows or checks a database uses describe.
type form struct {
	name string
	// describe returns the value as a person would write it. The error is a
	// *formError.
	describe func([]byte) (string, error)
}

var (
	formText   = form{"text", func(v []byte) (string, error) { return decodeText(v), nil }}
	formVarint = form{"varint", describe(decodeVarint, func(i int64) string { return fmt.Sprint(i) })}
	formTime   = form{"binary time", describe(decodeTime, func(t time.Time) string { return t.Format(time.RFC3339Nano) })}
	formDigest = form{"digest", describe(decodeDigest, digest.Digest.String)}
	formAny    = form{"protobuf Any", describe(func(v []byte) (*anypb.Any, error) { return decodeAny(string(v)) }, describeAny)}
	formMarker = form{"empty marker", describe(decodeMarker, func(struct{}) string { return "" })}
)

// formError says that bytes are not of the form that their place asks for.
type formError struct {
	form string
	size int
	err  error
}

func (e *formError) Error() string {
	return fmt.Sprintf("%d bytes are not a %s: %v", e.size, e.form, e.err)
}

func (e *formError) Unwrap() error { return e.err }

func describe[T any](decode func([]byte) (T, error), show func(T) string) func([]byte) (string, error) {
	return func(v []byte) (string, error) {
		x, err := decode(v)
		if err != nil {
			return "", err
		}
		return show(x), nil
	}
}

// decodeText copies v. Every sequence of bytes is a text.
func decodeText(v []byte) string { return string(v) }

func appendVarint(dst []byte, i int64) []byte { return binary.AppendVarint(dst, i) }

// decodeVarint decodes a signed varint that fills v.
func decodeVarint(v []byte) (int64, error) {
	i, n := binary.Varint(v)
	switch {
	case n == 0:
		return 0, &formError{"varint", len(v), errors.New("it ends early")}
	case n < 0:
		return 0, &formError{"varint", len(v), errors.New("it overflows 64 bits")}
	case n != len(v):
		return 0, &formError{"varint", len(v), fmt.Errorf("only the first %d belong to it", n)}
	}
	return i, nil
}

// appendTime appends t as time.Time's own binary form. It fails only on a zone
// whose offset that form cannot hold.
func appendTime(dst []byte, t time.Time) ([]byte, error) { return t.AppendBinary(dst) }

// decodeTime decodes time.Time's binary form.
func decodeTime(v []byte) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalBinary(v); err != nil {
		return time.Time{}, &formError{"binary time", len(v), err}
	}
	return t, nil
}

// decodeDigest copies v and checks that it names a known algorithm and that
// the hash is of its length.
func decodeDigest(v []byte) (digest.Digest, error) {
	d := digest.Digest(v)
	if err := validateDigest(d); err != nil {
		return "", &formError{"digest", len(v), err}
	}
	return d, nil
}

// validateDigest is d.Validate, but takes a short cut for what nearly every
// digest is.
func validateDigest(d digest.Digest) error {
	const prefix = "sha256:"
	if len(d) == len(prefix)+64 && d[:len(prefix)] == prefix && digest.SHA256.Available() {
		i := len(prefix)
		for i < len(d) && ('0' <= d[i] && d[i] <= '9' || 'a' <= d[i] && d[i] <= 'f') {
			i++
		}
		if i == len(d) {
			return nil
		}
	}
	return d.Validate()
}

// decodeMarker accepts the empty value, which a set of names has in place of
// a value.
func decodeMarker(v []byte) (struct{}, error) {
	if len(v) != 0 {
		return struct{}{}, &formError{"empty marker", len(v), errors.New("it is not empty")}
	}
	return struct{}{}, nil
}

const (
	anyTypeURL protowire.Number = 1
	anyValue   protowire.Number = 2
)

// appendAny appends a's wire form. A nil a has the empty one.
func appendAny(dst []byte, a *anypb.Any) ([]byte, error) {
	if a == nil {
		return dst, nil
	}
	if !utf8.ValidString(a.TypeUrl) || len(a.ProtoReflect().GetUnknown()) > 0 {
		return proto.MarshalOptions{}.MarshalAppend(dst, a) // it has the error, and knows where the unknown goes
	}
	if a.TypeUrl != "" {
		dst = protowire.AppendTag(dst, anyTypeURL, protowire.BytesType)
		dst = protowire.AppendString(dst, a.TypeUrl)
	}
	if len(a.Value) > 0 {
		dst = protowire.AppendTag(dst, anyValue, protowire.BytesType)
		dst = protowire.AppendBytes(dst, a.Value)
	}
	return dst, nil
}

// decodeAny decodes an Any. Its type URL shares the memory of v, its value does
// not: that is a slice, which its owner may change.
func decodeAny(v string) (*anypb.Any, error) {
	a := new(anypb.Any)
	rest := cutBytes(v, anyTypeURL, &a.TypeUrl)
	var value string
	rest = cutBytes(rest, anyValue, &value)
	if rest == "" && utf8.ValidString(a.TypeUrl) {
		if value != "" {
			a.Value = []byte(value)
		}
		return a, nil
	}
	a = new(anypb.Any)
	if err := proto.Unmarshal([]byte(v), a); err != nil {
		return nil, &formError{"protobuf Any", len(v), err}
	}
	return a, nil
}

// cutBytes sets to to what v begins with if that is a field of bytes with that
// number, and returns what follows it, or v if it isn't. It knows the encoding
// that everybody uses; package proto knows the others.
func cutBytes(v string, number protowire.Number, to *string) string {
	i := 1
	if v == "" || v[0] != byte(protowire.EncodeTag(number, protowire.BytesType)) {
		return v
	}
	length := 0
	for shift := 0; ; shift += 7 {
		if i == len(v) || shift > 21 {
			return v
		}
		length |= int(v[i]&0x7f) << shift
		if i++; v[i-1] < 0x80 {
			break
		}
	}
	if length > len(v)-i {
		return v
	}
	*to = v[i : i+length]
	return v[i+length:]
}

func describeAny(a *anypb.Any) string {
	return fmt.Sprintf("%s (%d bytes)", a.TypeUrl, len(a.Value))
}
