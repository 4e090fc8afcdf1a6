package engine

import "github.com/holdfast-gc/holdfast/engine/internal/wire"

// A Result is what a call came to.
type Result struct {
	Code Code

	// Value is what the call returned, nil for nothing: a value of containerd's own
	// type, such as images.Image, or of this package's. As JSON it has the form that
	// Ops have. A call can return something and an error.
	Value any

	// Error is what the error says, which may change between versions. "" for none.
	Error string

	err error
}

func newResult(value any, err error) Result {
	r := Result{Code: CodeOf(err), Value: value, err: err}
	if err != nil {
		r.Error = err.Error()
	}
	return r
}

// Err returns the error of the call itself, which errors.Is and errdefs know. It is
// nil for a Result that was not made by Apply.
func (r Result) Err() error { return r.err }

// MarshalJSON returns the Result as one line of JSON.
func (r Result) MarshalJSON() ([]byte, error) {
	return wire.AppendObject(nil, struct {
		Code  Code
		Value any
		Error string
	}{r.Code, r.Value, r.Error})
}

// String returns the Result as JSON, or what there is of it.
func (r Result) String() string {
	text, err := r.MarshalJSON()
	if err != nil {
		return string(r.Code) + " " + err.Error()
	}
	return string(text)
}

// ValueString returns the value as JSON, or why it has none.
func (r Result) ValueString() string {
	text, err := wire.Append(nil, r.Value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
