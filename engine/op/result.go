package op

import "github.com/holdfast-gc/holdfast/engine/internal/wire"

// A Result is the outcome of a call.
type Result struct {
	Code Code

	// Value is the return value of the call, or nil if it returned none: a value of containerd's own type, such as
	// images.Image, or a type of this module. Row.Result is its type. As JSON it has the same form as Ops. Some calls
	// return both a value and an error, for example a short write.
	Value any

	// Error is the text of the error, "" if there is none. The text may change between versions.
	Error string

	err error
}

// NewResult returns the result of a call that returned a value and an error.
func NewResult(value any, err error) Result {
	r := Result{Code: CodeOf(err), Value: value, err: err}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// Err returns the error of the call itself, for errors.Is and errdefs. It is nil for a Result that was not made by
// [NewResult].
func (r Result) Err() error { return r.err }

// MarshalJSON returns the Result as one line of JSON.
func (r Result) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// AppendJSON is [Result.MarshalJSON] that appends to a buffer. After an error, it returns to without the Result.
func (r Result) AppendJSON(to []byte) ([]byte, error) {
	e := wire.Encoder{To: to}
	e.Open()
	if r.Code != "" {
		e.Key("code")
		e.Text(string(r.Code))
	}
	known := true
	if r.Value != nil {
		e.Key("value")
		known = encodeValue(&e, r.Value)
	}
	if !known || e.Failed {
		return appendObject(to, r.fields())
	}
	if r.Error != "" {
		e.Key("error")
		e.Text(r.Error)
	}
	e.Close()
	return e.To, nil
}

// resultFields are the fields of a Result in its JSON.
type resultFields struct {
	Code  Code
	Value any
	Error string
}

func (r Result) fields() resultFields { return resultFields{r.Code, r.Value, r.Error} }

// String returns the Result as JSON. For a value that has no JSON form it returns the code and the reason.
func (r Result) String() string {
	text, err := r.MarshalJSON()
	if err != nil {
		return string(r.Code) + " " + err.Error()
	}
	return string(text)
}

// ValueString returns the value as JSON. For a value that has no JSON form it returns the reason.
func (r Result) ValueString() string {
	text, err := wire.Append(nil, r.Value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
