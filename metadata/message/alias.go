//go:build !wasm

package message

import (
	"github.com/containerd/typeurl/v2"
	"google.golang.org/protobuf/types/known/anypb"
)

type (
	// Any is an encoded message with its type URL.
	Any = typeurl.Any
	// Message is the Any that stores return. A nil Message has no type and no
	// bytes.
	Message = anypb.Any
)

func unknown(m *Message) []byte { return m.ProtoReflect().GetUnknown() }

func setUnknown(m *Message, fields []byte) { m.ProtoReflect().SetUnknown(fields) }
