package examine

import (
	"encoding/hex"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/holdfast-gc/holdfast/metadata"
)

// A Value is what is stored under a key.
type Value struct {
	Form string `json:"form,omitempty"` // of its bytes, such as "varint"; "" if the schema does not tell
	Text string `json:"text"`           // what they mean; "" if they are not of the form, or unknown and not text
	Hex  string `json:"hex,omitempty"`  // the bytes, if Text does not say it all
	Size int    `json:"size"`           // number of bytes
}

// valueOf decodes the value of an entry. The error says that its bytes are not of its form.
func valueOf(e *metadata.Entry) (Value, error) {
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

// isText reports whether s can be shown as it is.
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

// nameText returns the name of a bucket or value as it is if it is text, and quoted as in Go otherwise.
func nameText(name string) string {
	if isText(name) {
		return name
	}
	return strconv.Quote(name)
}
