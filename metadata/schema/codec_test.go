package schema

import (
	"bytes"
	"strings"
	"testing"
	"time"

	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/metadata/message"
)

var someTimes = []time.Time{
	{},
	time.Unix(0, 0).UTC(),
	time.Date(2026, 1, 2, 3, 4, 5, 999999999, time.UTC),
	time.Date(-500, 1, 2, 3, 4, 5, 6, time.FixedZone("", -3600)),
	time.Date(9999, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3601)),
}

func TestCodecTime(t *testing.T) {
	for _, want := range someTimes {
		v, err := AppendTime(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeTime(v)
		if err != nil || !got.Equal(want) {
			t.Errorf("time %v: got %v, %v", want, got, err)
		}
	}
	if _, err := AppendTime(nil, time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 1<<25))); err == nil {
		t.Error("a zone that the form cannot hold was encoded")
	}
}

func TestCodecVarint(t *testing.T) {
	for _, want := range []int64{0, 1, -1, 63, 64, -64, -65, 1 << 40, 1<<63 - 1, -1 << 63} {
		if got, err := DecodeVarint(AppendVarint(nil, want)); got != want || err != nil {
			t.Errorf("varint %d: got %d, %v", want, got, err)
		}
	}
}

// Errors name the form and the size of the bytes.
func TestCodecErrors(t *testing.T) {
	for _, c := range []struct {
		form form
		v    string
	}{
		{formVarint, ""},
		{formVarint, "\x80"},
		{formVarint, "\x02\x02"},
		{formVarint, strings.Repeat("\xff", 11)},
		{formTime, ""},
		{formTime, "\x01"},
		{formTime, "\x07" + strings.Repeat("x", 14)},
		{formDigest, ""},
		{formDigest, "sha256:abc"},
		{formDigest, "md0:" + strings.Repeat("a", 64)},
		{formDigest, "sha256:" + strings.Repeat("A", 64)},
		{formAny, "x"},
		{formAny, "\x0a\x05a"},
		{formAny, "\x0a\x01\xff"},
		{formMarker, "x"},
	} {
		if text, err := c.form.describe([]byte(c.v)); err == nil || !strings.Contains(err.Error(), c.form.name) {
			t.Errorf("%s %q: %q, %v", c.form.name, c.v, text, err)
		}
	}
}

func TestCodecDescribe(t *testing.T) {
	stamp, _ := AppendTime(nil, someTimes[2])
	spec, _ := message.Append(nil, &anypb.Any{TypeUrl: "a/b", Value: []byte("xyz")})
	sum := digest.FromString("a").String()
	for _, c := range []struct {
		form    form
		v, want string
	}{
		{formText, "any\xff", "any\xff"},
		{formVarint, string(AppendVarint(nil, -7)), "-7"},
		{formTime, string(stamp), "2026-01-02T03:04:05.999999999Z"},
		{formDigest, sum, sum},
		{formAny, string(spec), "a/b (3 bytes)"},
		{formMarker, "", ""},
	} {
		if got, err := c.form.describe([]byte(c.v)); got != c.want || err != nil {
			t.Errorf("%s %q: %q, %v", c.form.name, c.v, got, err)
		}
	}
}

func TestCodecDigest(t *testing.T) {
	for _, d := range []digest.Digest{
		digest.FromString("a"), digest.SHA512.FromString("a"), digest.SHA384.FromString("a"), "", ":", "sha256:",
		"sha256:" + digest.Digest(strings.Repeat("g", 64)), "sha256:" + digest.Digest(strings.Repeat("0", 65)),
	} {
		if got, want := ValidateDigest(d), d.Validate(); got != want {
			t.Errorf("digest %q: got error %v, want %v", d, got, want)
		}
	}
}

// Encoding and decoding a message gives the same results as package proto.
func FuzzCodecAny(f *testing.F) {
	addStored(f)
	for _, a := range []*anypb.Any{
		{},
		{TypeUrl: "type"},
		{Value: []byte("value")},
		{TypeUrl: "types.example/a.b.C", Value: bytes.Repeat([]byte("x"), 300)},
	} {
		v, err := proto.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(v)
		f.Add(append(v, v...))
		f.Add(append(v, 0x18, 0x01)) // a field that Any doesn't have
	}
	f.Add([]byte("\x0a\x80\x80\x80\x80\x80\x01"))
	f.Add([]byte("\x12\x00"))
	f.Add([]byte("\x0a\x01\xff"))
	f.Fuzz(func(t *testing.T, v []byte) {
		got, err := DecodeAny(string(v))
		want := new(anypb.Any)
		wantErr := proto.Unmarshal(v, want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got error %v, want %v", err, wantErr)
		}
		if err != nil {
			return
		}
		if !proto.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		encoded, err := message.Append(nil, got)
		wantEncoded, wantErr := proto.MarshalOptions{Deterministic: true}.Marshal(want)
		if err != nil || wantErr != nil || !bytes.Equal(encoded, wantEncoded) {
			t.Fatalf("got %q, %v; want %q, %v", encoded, err, wantEncoded, wantErr)
		}
	})
}

// No value makes a decoder panic.
func FuzzCodec(f *testing.F) {
	addStored(f)
	f.Add([]byte("sha256:0"))
	for _, want := range someTimes {
		v, _ := AppendTime(nil, want)
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		for _, form := range []form{formText, formVarint, formTime, formDigest, formAny, formMarker} {
			_, _ = form.describe(v)
		}
		if got, err := DecodeTime(v); err == nil {
			again, err := AppendTime(nil, got)
			if err != nil {
				return // such as a zone of whole minutes below the least
			}
			if back, err := DecodeTime(again); err != nil || !back.Equal(got) {
				t.Fatalf("%v: got %v, %v after encoding", got, back, err)
			}
		}
	})
}
