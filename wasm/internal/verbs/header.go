package verbs

import (
	"strconv"
	"strings"

	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// plainRequest reads a header as hosts write most: `{"verb":"hash","node":1}`. False says that this is not all it takes.
func plainRequest(header []byte) (r abi.Request, ok bool) {
	rest, ok := strings.CutPrefix(string(header), `{"verb":"`)
	if !ok {
		return r, false
	}
	r.Verb, rest, ok = strings.Cut(rest, `"`)
	if _, known := table[r.Verb]; !ok || !known {
		return r, false
	}
	if number, found := strings.CutPrefix(rest, `,"node":`); found {
		digits, _, ok := strings.Cut(number, "}")
		node, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil || digits[0] == '0' && len(digits) > 1 {
			return r, false
		}
		r.Node, rest = uint32(node), number[len(digits):]
	}
	return r, rest == "}"
}

// plainAnswer writes a header that needs no more than words: without a value, or with one that is text of them.
func plainAnswer(value any) ([]byte, bool) {
	switch value := value.(type) {
	case nil:
		return []byte("{\"code\":\"ok\"}\n"), true
	case hexadecimal:
		return []byte("{\"code\":\"ok\",\"value\":\"" + string(value) + "\"}\n"), true
	}
	return nil, false
}

// hexadecimal is text of digits and small letters.
type hexadecimal string
