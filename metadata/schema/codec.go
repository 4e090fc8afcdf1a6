package schema

import (
	_ "crypto/sha256" // for digests
	_ "crypto/sha512" // for digests, also of SHA-384
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/metadata/message"
)

// A form is an encoding of values. Each form has a variable and a pair of functions that encode and decode it. Code
// that prints or checks a database calls describe.
type form struct {
	name string
	// describe decodes a value and formats it for people. The error is a *formError.
	describe func([]byte) (string, error)
}

var (
	formText   = form{"text", func(v []byte) (string, error) { return decodeText(v), nil }}
	formVarint = form{"varint", describe(DecodeVarint, func(i int64) string { return fmt.Sprint(i) })}
	formTime   = form{"binary time", describe(DecodeTime, func(t time.Time) string { return t.Format(time.RFC3339Nano) })}
	formDigest = form{"digest", describe(decodeDigest, digest.Digest.String)}
	formAny    = form{"protobuf Any", describe(func(v []byte) (*message.Message, error) { return DecodeAny(string(v)) }, describeAny)}
	formMarker = form{"empty marker", describe(decodeMarker, func(struct{}) string { return "" })}
)

// A formError reports that bytes are not a valid encoding of the form.
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

// decodeText copies v. Any bytes are a valid text.
func decodeText(v []byte) string { return string(v) }

// AppendVarint appends the encoding of a signed varint.
func AppendVarint(dst []byte, i int64) []byte { return binary.AppendVarint(dst, i) }

// DecodeVarint decodes a signed varint. It fails if bytes are left over.
func DecodeVarint(v []byte) (int64, error) {
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

// AppendTime appends the binary encoding of [time.Time]. It fails only if the encoding cannot represent the offset of
// t's zone.
func AppendTime(dst []byte, t time.Time) ([]byte, error) { return t.AppendBinary(dst) }

// DecodeTime decodes the binary encoding of [time.Time].
func DecodeTime(v []byte) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalBinary(v); err != nil {
		return time.Time{}, &formError{"binary time", len(v), err}
	}
	return t, nil
}

// decodeDigest copies v. It fails if the algorithm is unknown or the hash has the wrong length.
func decodeDigest(v []byte) (digest.Digest, error) {
	d := digest.Digest(v)
	if err := ValidateDigest(d); err != nil {
		return "", &formError{"digest", len(v), err}
	}
	return d, nil
}

// ValidateDigest is d.Validate with a fast path for SHA-256.
func ValidateDigest(d digest.Digest) error {
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

// decodeMarker accepts only the empty value, which sets of names store under each name.
func decodeMarker(v []byte) (struct{}, error) {
	if len(v) != 0 {
		return struct{}{}, &formError{"empty marker", len(v), errors.New("it is not empty")}
	}
	return struct{}{}, nil
}

// DecodeAny decodes an Any. Its type URL can share the memory of v.
func DecodeAny(v string) (*message.Message, error) {
	a, err := message.Decode(v)
	if err != nil {
		return nil, &formError{"protobuf Any", len(v), err}
	}
	return a, nil
}

func describeAny(a *message.Message) string {
	return fmt.Sprintf("%s (%d bytes)", a.TypeUrl, len(a.Value))
}
