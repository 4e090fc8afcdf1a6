package metadata

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/metadata/message"
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
	formAny    = form{"protobuf Any", describe(func(v []byte) (*message.Message, error) { return decodeAny(string(v)) }, describeAny)}
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

// decodeAny decodes an Any, whose type URL may share the memory of v.
func decodeAny(v string) (*message.Message, error) {
	a, err := message.Decode(v)
	if err != nil {
		return nil, &formError{"protobuf Any", len(v), err}
	}
	return a, nil
}

func describeAny(a *message.Message) string {
	return fmt.Sprintf("%s (%d bytes)", a.TypeUrl, len(a.Value))
}
