package host

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Result is the result of an Op: an [engine.Result] with an undecoded value.
type Result struct {
	Code  op.Code
	Value json.RawMessage // nil if the Op returns no value
	Error string          // empty unless Code is the class of an error

	line string // the JSON that the fields were decoded from
}

// Err returns an [*Error], or nil if the Op succeeded or is pending.
func (r Result) Err() error {
	if r.Code == op.OK || r.Code == op.Pending {
		return nil
	}
	return &Error{Code: r.Code, Text: r.Error}
}

// String returns the Result as one line of JSON, like [engine.Result].
func (r Result) String() string { return r.line }

func parseResult(line []byte) (Result, error) {
	var fields struct {
		Code  op.Code
		Value json.RawMessage
		Error text
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		return Result{}, fmt.Errorf("result: %w", err)
	}
	return Result{fields.Code, fields.Value, string(fields.Error), string(line)}, nil
}

// text decodes a string from JSON. Strings that are not UTF-8 have the form {"b64":"…"}.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var encoded struct{ B64 string }
	if err := json.Unmarshal(data, &encoded); err != nil {
		return err
	}
	decoded, err := base64.StdEncoding.DecodeString(encoded.B64)
	*t = text(decoded)
	return err
}

// An Error is an error that the engine in the module returned.
type Error struct {
	Code op.Code
	Text string

	// Reason says why a database file cannot be opened, for example "not_bolt"; "" for every other error. ABI.md lists
	// the reasons.
	Reason string
}

// Error returns the text.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the class of the error, or nil if the code has no class.
func (e *Error) Unwrap() error { return e.Code.Err() }
