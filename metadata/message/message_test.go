//go:build !wasm

package message_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/containerd/typeurl/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/metadata/message"
)

func Example() {
	encoded, err := message.Append(nil, &message.Message{TypeUrl: "spec", Value: []byte("{}")})
	fmt.Printf("%q %v\n", encoded, err)
	m, err := message.Decode(string(encoded))
	fmt.Println(m.GetTypeUrl(), string(m.GetValue()), err)
	// Output:
	// "\n\x04spec\x12\x02{}" <nil>
	// spec {} <nil>
}

// wireForms are valid and invalid wire forms of an Any.
var wireForms = []string{
	"", "\n\x04spec", "\x12\x02{}", "\n\x04spec\x12\x02{}", "\x12\x02{}\n\x04spec", "\n\x01a\n\x01b\x12\x01c\x12\x00", "\n\x00\x12\x00",
	"\x18\x01", "\n\x04spec\x18\x96\x01\x12\x01v", "\x08\x01", "\x10\x01", // unknown fields, and known fields of another wire type
	"\x1b\x18\x01\x1c", "\x1b\x1c\n\x01a", "\x1b", "\x1c", "\x1b\x24", // groups
	"\x8a\x00\x01a", "\n\x81\x00a", "\xa2\x80\x00\x01z", // varints longer than necessary
	"\x00", "\x02\x00", "\n", "\n\x05spec", "\n\xff", "\x0e", "\x0f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
	"\xfa\xff\xff\xff\x0f\x01a", "\xfa\xff\xff\xff\x1f\x01a", "\xfa\xff\xff\xff\xff\x01\x01a",
	"\n\x01\xff", "\n\x01\xff\n\x01a", "\x1d\x01\x02\x03\x04", "\x19\x01\x02\x03\x04\x05\x06\x07\x08", "\x1d\x01",
	strings.Repeat("\x1b", 200) + strings.Repeat("\x1c", 200), "\n\x80\x01" + strings.Repeat("u", 128),
}

func TestSameAsProto(t *testing.T) {
	for _, form := range wireForms {
		sameAsProto(t, form)
	}
}

func FuzzSameAsProto(f *testing.F) {
	for _, form := range wireForms {
		f.Add(form)
	}
	f.Fuzz(func(t *testing.T, form string) { sameAsProto(t, form) })
}

// sameAsProto checks that a form decodes and encodes as in package proto.
func sameAsProto(t *testing.T, form string) {
	t.Helper()
	want := new(anypb.Any)
	wantErr := proto.Unmarshal([]byte(form), want)
	got, err := message.Decode(form)
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: %v, and by package proto: %v", form, err, wantErr)
	}
	if err != nil {
		return
	}
	if got.TypeUrl != want.TypeUrl || !bytes.Equal(got.Value, want.Value) || !proto.Equal(got, want) {
		t.Fatalf("%q is %v, and by package proto %v", form, got, want)
	}
	encoded, err := message.Append([]byte("before"), got)
	wantEncoded, wantErr := proto.MarshalOptions{}.MarshalAppend([]byte("before"), want)
	if err != nil || wantErr != nil || !bytes.Equal(encoded, wantEncoded) {
		t.Fatalf("%q: encoded again it is %q (%v), and by package proto %q (%v)", form, encoded, err, wantEncoded, wantErr)
	}
}

func TestAppend(t *testing.T) {
	if b, err := message.Append([]byte("x"), nil); string(b) != "x" || err != nil {
		t.Errorf("nil: %q, %v", b, err)
	}
	if _, err := message.Append(nil, &message.Message{TypeUrl: "\xff"}); err == nil {
		t.Error("a type URL that is not UTF-8")
	}
}

// other is an Any of a type outside of the package.
type other struct{ message.Any }

func TestOf(t *testing.T) {
	if message.Of(nil) != nil {
		t.Error("nil")
	}
	m := &message.Message{TypeUrl: "a", Value: []byte("b")}
	if message.Of(m) != m {
		t.Error("a Message is copied")
	}
	for _, a := range []message.Any{other{m}, other{(*message.Message)(nil)}} {
		if got, want := message.Of(a), typeurl.MarshalProto(a); !proto.Equal(got, want) {
			t.Errorf("%v, not %v", got, want)
		}
	}
}
