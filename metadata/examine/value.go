package examine

import (
	"encoding/hex"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// A Value is a decoded value.
type Value struct {
	Form string `json:"form,omitempty"` // the encoding, such as "varint"; empty if the schema does not know the key
	Text string `json:"text"`           // the decoded value; empty if Hex has the value
	Hex  string `json:"hex,omitempty"`  // the bytes, if they cannot be decoded or are not text
	Size int    `json:"size"`           // number of bytes
}

// valueOf decodes the value of an entry. The error says why the bytes cannot be decoded.
func valueOf(e *schema.Entry) (Value, error) {
	v := Value{Form: e.Form, Size: len(e.Value)}
	decoded, err := e.Decode()
	switch {
	case err != nil:
		v.Hex = hex.EncodeToString(e.Value)
	case isText(decoded):
		v.Text = decoded
	default:
		v.Hex = hex.EncodeToString(e.Value)
	}
	return v, err
}

// isText reports whether s can be printed without quoting.
func isText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}

// nameText returns the name of a bucket or value, quoted as in Go if it is not text.
func nameText(name string) string {
	if isText(name) {
		return name
	}
	return strconv.Quote(name)
}
