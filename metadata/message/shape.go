//go:build wasm

package message

// Any is an encoded message with its type URL.
type Any interface {
	GetTypeUrl() string
	GetValue() []byte
}

// Message is the Any that stores return. A nil Message has no type and no
// bytes.
type Message struct {
	TypeUrl string `json:"type_url,omitempty"`
	Value   []byte `json:"value,omitempty"`

	unknown []byte
}

// GetTypeUrl returns the type URL. A nil m has none.
func (m *Message) GetTypeUrl() string {
	if m == nil {
		return ""
	}
	return m.TypeUrl
}

// GetValue returns the bytes, which m owns. A nil m has none.
func (m *Message) GetValue() []byte {
	if m == nil {
		return nil
	}
	return m.Value
}

func unknown(m *Message) []byte { return m.unknown }

func setUnknown(m *Message, fields []byte) { m.unknown = fields }
