package verbs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Call handles the frame of a request and returns the frame of the response, which belongs to the caller. It
// retains the request only until it returns, except that a job of "check" keeps a large one. It never panics.
func (n *Nodes) Call(request []byte) []byte { return n.AppendCall(nil, request) }

// AppendCall is [Nodes.Call] that appends the frame of the response to a buffer, which must not overlap the request.
func (n *Nodes) AppendCall(to, request []byte) []byte {
	value, body, err := n.handle(request)
	if err == nil {
		var frame []byte
		if frame, err = appendResponse(to, value, nil, body); err == nil {
			return frame
		}
	}
	frame, _ := appendResponse(to, nil, err, nil) // a code and a text always encode
	return frame
}

// handle decodes a request and runs its verb.
func (n *Nodes) handle(request []byte) (value any, body []byte, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			value, body, err = nil, nil, fmt.Errorf("panic: %v: %w", cause, errdefs.ErrInternal)
		}
	}()
	header, body, err := abi.SplitFrame(request)
	if err != nil {
		return nil, nil, err
	}
	if len(header) > abi.HeaderMax {
		return nil, nil, invalid("the header has %d bytes; the limit is %d", len(header), abi.HeaderMax)
	}
	c := &n.running
	*c = call{nodes: n, body: body}
	defer func() { *c = call{} }()
	verb, handle, ok := n.simpleRequest(header)
	if ok {
		c.handle = handle
	} else {
		var r abi.Request
		if err := decode(header, &r); err != nil {
			return nil, nil, invalid("header: %v", err)
		}
		if verb, ok = table[r.Verb]; !ok {
			return nil, nil, invalid("no verb %q", r.Verb)
		}
		c.handle, c.args = r.Node, r.Args
	}
	if verb.needsNode {
		if c.node, err = n.get(c.handle); err != nil {
			return nil, nil, err
		}
	}
	value, body, err = verb.run(c)
	return value, body, classified(err)
}

// A call is one request while its verb runs. Verbs do not retain it.
type call struct {
	nodes  *Nodes
	handle uint32
	node   *engine.Engine // nil unless the verb needs a node
	args   []byte
	body   []byte
}

// decodeArgs decodes the arguments of a call. Missing arguments are zero.
func decodeArgs[A any](c *call) (args A, err error) {
	if len(c.args) == 0 {
		return args, nil
	}
	if err := decode(c.args, &args); err != nil {
		return args, invalid("args: %v", err)
	}
	return args, nil
}

// decode decodes exactly one JSON value. Unknown fields are errors.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return plainError(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data after the JSON value")
	}
	return nil
}

// plainError rewrites errors of package json that name types of Go.
func plainError(err error) error {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
		place := "the object"
		if wrong.Field != "" {
			place = strconv.Quote(wrong.Field)
		}
		return fmt.Errorf("%s must be %s, not %s", place, kindNames[wrong.Type.Kind()], wrong.Value)
	}
	if wrong := (*time.ParseError)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("%s must be a time as in RFC 3339, in a string", wrong.Value)
	}
	if strings.Contains(err.Error(), "struct tag") {
		return errors.New("a number of 64 bits must be a string of decimal digits")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// kindNames are the names of values in JSON, by the kinds of their types in arguments.
var kindNames = map[reflect.Kind]string{
	reflect.Bool: "true or false", reflect.String: "a string", reflect.Slice: "a list", reflect.Map: "an object", reflect.Struct: "an object",
	reflect.Int: "a whole number", reflect.Uint32: "a whole number from 0 to 4294967295", reflect.Uint64: "a string of decimal digits",
	reflect.Int64: "a whole number", reflect.Float64: "a number",
}

// classified gives a class to the error of a name that matches no node, or several, and to that of a query that lost
// records make impossible.
func classified(err error) error {
	if err == nil {
		return nil
	}
	name := (*examine.NameError)(nil)
	switch {
	case errors.Is(err, examine.ErrLost):
		return &classError{err, errdefs.ErrDataLoss, ""}
	case !errors.As(err, &name) || op.CodeOf(err) != op.Unknown:
		return err
	case name.Ambiguous:
		return &classError{err, errdefs.ErrInvalidArgument, ""}
	}
	return &classError{err, errdefs.ErrNotFound, ""}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}

// appendResponse appends the frame of a response. After an error, it returns nil.
func appendResponse(to []byte, value any, failure error, body []byte) ([]byte, error) {
	header, ok := encodeSimple(value)
	if !ok || failure != nil {
		var err error
		if header, err = encodeHeader(value, failure); err != nil {
			return nil, fmt.Errorf("encode the response: %w: %w", err, errdefs.ErrInternal)
		}
	}
	size := abi.FrameSize(len(header), len(body))
	if size > abi.ResponseMax {
		return nil, responseTooLarge(size)
	}
	return abi.AppendFrame(slices.Grow(to, size), header, body), nil
}

func encodeHeader(value any, failure error) ([]byte, error) {
	r := abi.Response[any]{Code: op.CodeOf(failure), Value: value}
	if failure != nil {
		r.Error = failure.Error()
		if classed := (*classError)(nil); errors.As(failure, &classed) {
			r.Reason = classed.reason
		}
	}
	var header bytes.Buffer
	e := json.NewEncoder(&header)
	e.SetEscapeHTML(false)
	err := e.Encode(r)
	return header.Bytes(), err
}

func responseTooLarge(size int) error {
	return fmt.Errorf("the response needs at least %d bytes; the limit is %d: %w", size, abi.ResponseMax, errdefs.ErrResourceExhausted)
}

// A responseWriter buffers the body of a response. A write beyond abi.ResponseMax fails.
type responseWriter struct{ data []byte }

func (w *responseWriter) Write(p []byte) (int, error) {
	if size := len(w.data) + len(p); size > abi.ResponseMax {
		return 0, responseTooLarge(size)
	}
	w.data = append(w.data, p...)
	return len(p), nil
}

// A simpleHeader is a header that simpleRequest has decoded.
type simpleHeader struct {
	text string
	verb verb
	node uint32
}

// simpleRequest is the function of this name. It remembers the last header, which hosts often repeat.
func (n *Nodes) simpleRequest(header []byte) (v verb, node uint32, ok bool) {
	if last := &n.header; last.text != "" && string(header) == last.text {
		return last.verb, last.node, true
	}
	if v, node, ok = simpleRequest(header); ok {
		n.header = simpleHeader{string(header), v, node}
	}
	return v, node, ok
}

// simpleRequest decodes the most frequent form of a header without encoding/json, for example
// `{"verb":"hash","node":1}`. It returns false for every other form, and for unknown verbs.
func simpleRequest(header []byte) (v verb, node uint32, ok bool) {
	rest, ok := bytes.CutPrefix(header, []byte(`{"verb":"`))
	if !ok {
		return v, 0, false
	}
	name, rest, _ := bytes.Cut(rest, []byte{'"'})
	if v, ok = table[abi.Verb(name)]; !ok {
		return v, 0, false
	}
	if number, found := bytes.CutPrefix(rest, []byte(`,"node":`)); found {
		if node, rest, ok = cutNumber(number); !ok {
			return v, 0, false
		}
	}
	return v, node, string(rest) == "}"
}

// cutNumber decodes a positive number at the beginning of text. It returns false if there is none, or a larger one than
// a handle can be.
func cutNumber(text []byte) (number uint32, rest []byte, ok bool) {
	for i, digit := range text {
		if digit < '0' || digit > '9' {
			return number, text[i:], number > 0
		}
		if number > math.MaxUint32/10-1 || number == 0 && i > 0 {
			return 0, nil, false
		}
		number = number*10 + uint32(digit-'0')
	}
	return 0, nil, false
}

var okHeader = []byte("{\"code\":\"ok\"}\n")

// encodeSimple encodes the header of a successful response without encoding/json if the value is absent or hexadecimal.
// The caller must not modify it.
func encodeSimple(value any) ([]byte, bool) {
	switch value := value.(type) {
	case nil:
		return okHeader, true
	case hexadecimal:
		return []byte("{\"code\":\"ok\",\"value\":\"" + string(value) + "\"}\n"), true
	}
	return nil, false
}

// hexadecimal is text of digits and lower-case letters, which needs no escaping in JSON.
type hexadecimal string
