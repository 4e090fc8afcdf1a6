package verbs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// Call does what a frame asks for and returns the frame of the answer, which belongs to the caller. It keeps nothing of
// the request.
func (n *Nodes) Call(request []byte) []byte {
	value, body, err := n.do(request)
	if err == nil {
		var frame []byte
		if frame, err = answer(value, nil, body); err == nil {
			return frame
		}
	}
	frame, _ := answer(nil, err, nil) // a code and a text always have a form
	return frame
}

// answer writes what a call came to as a frame.
func answer(value any, failed error, body []byte) ([]byte, error) {
	header, plain := plainAnswer(value)
	if !plain || failed != nil {
		var err error
		if header, err = written(value, failed); err != nil {
			return nil, fmt.Errorf("the answer has no form: %w: %w", err, errdefs.ErrInternal)
		}
	}
	size := abi.FrameSize(len(header), len(body))
	if size > abi.AnswerMax {
		return nil, tooLarge(size)
	}
	return abi.AppendFrame(make([]byte, 0, size), header, body), nil
}

// written is the header of an answer.
func written(value any, failed error) ([]byte, error) {
	a := abi.Answer[any]{Code: engine.CodeOf(failed), Value: value}
	if failed != nil {
		a.Error = failed.Error()
	}
	var header bytes.Buffer
	e := json.NewEncoder(&header)
	e.SetEscapeHTML(false)
	err := e.Encode(a)
	return header.Bytes(), err
}

func tooLarge(size int) error {
	return fmt.Errorf("the answer has %d bytes or more, and may have %d: ask for less: %w", size, abi.AnswerMax, errdefs.ErrResourceExhausted)
}

// do does what a frame asks for.
func (n *Nodes) do(request []byte) (value any, body []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			value, body, err = nil, nil, fmt.Errorf("panic: %v: %w", fault, errdefs.ErrInternal)
		}
	}()
	header, body, err := abi.SplitFrame(request)
	if err != nil {
		return nil, nil, err
	}
	if len(header) > abi.HeaderMax {
		return nil, nil, invalid("a header of %d bytes is too large: it may have %d", len(header), abi.HeaderMax)
	}
	r, plain := plainRequest(header)
	if !plain {
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
	if verb.asks {
		if c.node, err = n.get(r.Node); err != nil {
			return nil, nil, err
		}
	}
	return verb.do(&c)
}

// A call is a request that is being carried out.
type call struct {
	nodes  *Nodes
	handle uint32
	node   *engine.Engine // that is asked, if the verb asks one
	args   []byte
	body   []byte
}

// argsOf reads the arguments of a call; without any they are all zero.
func argsOf[A any](c *call) (args A, err error) {
	if len(c.args) == 0 {
		return args, nil
	}
	if err := decode(c.args, &args); err != nil {
		return args, invalid("args: %v", err)
	}
	return args, nil
}

// decode reads one JSON value, which must have no fields but those that are known, and nothing after it.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is something after it")
	}
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}
