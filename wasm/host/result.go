package host

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/holdfast-gc/holdfast/engine"
)

// A Result is what an Op came to: an engine.Result whose value is still JSON.
type Result struct {
	Code  engine.Code
	Value json.RawMessage // in the form that Ops have; nil for nothing
	Error string

	line string
}

// Err returns an *Error, or nil if the Op succeeded or is pending.
func (r Result) Err() error {
	if r.Code == engine.OK || r.Code == engine.Pending {
		return nil
	}
	return &Error{r.Code, r.Error}
}

// String returns the Result as one line of JSON, the same as engine.Result's.
func (r Result) String() string { return r.line }

func parseResult(line []byte) (Result, error) {
	var fields struct {
		Code  engine.Code
		Value json.RawMessage
		Error text
	}
	if err := json.Unmarshal(line, &fields); err != nil {
		return Result{}, fmt.Errorf("result: %w", err)
	}
	return Result{fields.Code, fields.Value, string(fields.Error), string(line)}, nil
}

// text is a string that is {"b64":…} in JSON if it isn't UTF-8.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var coded struct{ B64 string }
	if err := json.Unmarshal(data, &coded); err != nil {
		return err
	}
	decoded, err := base64.StdEncoding.DecodeString(coded.B64)
	*t = text(decoded)
	return err
}
