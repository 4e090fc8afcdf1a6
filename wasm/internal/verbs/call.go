package verbs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Call handles the frame of a request and returns the frame of the response, which belongs to the caller. It does not
// retain the request. It never panics.
func (n *Nodes) Call(request []byte) []byte {
	value, body, err := n.handle(request)
	if err == nil {
		var frame []byte
		if frame, err = responseFrame(value, nil, body); err == nil {
			return frame
		}
	}
	frame, _ := responseFrame(nil, err, nil) // a code and a text always encode
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
	r, ok := simpleRequest(header)
	if !ok {
		r = abi.Request{}
		if err := decode(header, &r); err != nil {
			return nil, nil, invalid("header: %v", err)
		}
	}
	verb, ok := table[r.Verb]
	if !ok {
		return nil, nil, invalid("no verb %q", r.Verb)
	}
	c := call{nodes: n, handle: r.Node, args: r.Args, body: body}
	if verb.needsNode {
		if c.node, err = n.get(r.Node); err != nil {
			return nil, nil, err
		}
	}
	return verb.run(&c)
}

// A call is one request while its verb runs.
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
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("data after the JSON value")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}

// responseFrame encodes the frame of a response.
func responseFrame(value any, failure error, body []byte) ([]byte, error) {
	header, ok := simpleHeader(value)
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
	return abi.AppendFrame(make([]byte, 0, size), header, body), nil
}

func encodeHeader(value any, failure error) ([]byte, error) {
	r := abi.Response[any]{Code: op.CodeOf(failure), Value: value}
	if failure != nil {
		r.Error = failure.Error()
		if file := (*fileError)(nil); errors.As(failure, &file) {
			r.Reason = file.reason
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

// simpleRequest decodes the most frequent form of a header without encoding/json, for example
// `{"verb":"hash","node":1}`. It returns false for every other form.
func simpleRequest(header []byte) (r abi.Request, ok bool) {
	rest, ok := strings.CutPrefix(string(header), `{"verb":"`)
	if !ok {
		return r, false
	}
	name, rest, ok := strings.Cut(rest, `"`)
	r.Verb = abi.Verb(name)
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

// simpleHeader encodes the header of a successful response without encoding/json if the value is absent or hexadecimal.
func simpleHeader(value any) ([]byte, bool) {
	switch value := value.(type) {
	case nil:
		return []byte("{\"code\":\"ok\"}\n"), true
	case hexadecimal:
		return []byte("{\"code\":\"ok\",\"value\":\"" + string(value) + "\"}\n"), true
	}
	return nil, false
}

// hexadecimal is text of digits and lower-case letters, which needs no escaping in JSON.
type hexadecimal string
