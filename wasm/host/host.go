package host

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/tetratelabs/wazero"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A Host is an instance of the module. It is safe for concurrent use. It runs one call at a time; a waiting call
// returns when its context ends.
type Host struct {
	runtime  wazero.Runtime
	instance *instance
}

// New compiles the module, unless the cache contains it, and starts an instance. New does not retain wasm. It fails if
// wasm is not the module or has another version of the ABI.
func New(ctx context.Context, wasm []byte, opts ...Option) (*Host, error) {
	o := options{memory: defaultMemory}
	for _, set := range opts {
		set(&o)
	}
	config, err := o.runtime()
	if err != nil {
		return nil, err
	}
	runtime := wazero.NewRuntimeWithConfig(ctx, config)
	i, err := start(ctx, runtime, wasm)
	if err != nil {
		runtime.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("host: %w", err)
	}
	return &Host{runtime, i}, nil
}

// Memory returns the size of the instance's memory in bytes, which never shrinks. It is 0 after the instance has ended.
func (h *Host) Memory(ctx context.Context) (uint64, error) { return h.instance.memory(ctx) }

// Close waits for the running call and ends the instance with all its nodes. Later calls fail with [ErrEnded]. Closing
// a closed Host does nothing.
func (h *Host) Close(ctx context.Context) error {
	if err := h.instance.close(ctx); err != nil {
		return err
	}
	return h.runtime.Close(context.WithoutCancel(ctx))
}

// NewNode returns an empty node; see [engine.New]. NewNode sets the version of the setup. The zero Setup corresponds to
// engine.New without options.
func (h *Host) NewNode(ctx context.Context, setup engine.Setup) (*Node, error) {
	return h.openNode(ctx, abi.VerbNew, setup, nil)
}

// Open returns a node that starts with the given meta.db file, gzip'd or not; see [engine.Open]. Open does not retain
// database. See [Host.NewNode] for the setup.
func (h *Host) Open(ctx context.Context, database []byte, setup engine.Setup) (*Node, error) {
	return h.openNode(ctx, abi.VerbOpen, setup, unzip(database))
}

// unzip returns the unpacked database if it is gzip'd: native code unpacks it four times as fast as the module. It
// returns other data, invalid gzip and data that exceeds one request unchanged, and leaves the error to the module.
func unzip(database []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(database))
	if err != nil {
		return database
	}
	const limit = abi.AllocMax - abi.HeaderMax
	plain, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil || len(plain) > limit {
		return database
	}
	return plain
}

func (h *Host) openNode(ctx context.Context, verb abi.Verb, setup engine.Setup, body []byte) (*Node, error) {
	var line bytes.Buffer
	if _, err := engine.NewTraceWriter(&line, setup); err != nil {
		return nil, err
	}
	var opened abi.Handle
	if _, err := h.request(ctx, abi.Request{Verb: verb, Args: line.Bytes()}, body, &opened); err != nil {
		return nil, err
	}
	return &Node{Subject{h, opened.Node}}, nil
}

// An About describes the capabilities of a module.
type About struct {
	ABI   int       `json:"abi"`   // the version of the ABI
	Ops   int       `json:"ops"`   // the version of the JSON of Ops
	Verbs []string  `json:"verbs"` // sorted
	Kinds []op.Name `json:"kinds"` // the names of all Ops, sorted
}

// About returns the capabilities of the module.
func (h *Host) About(ctx context.Context) (a About, err error) {
	_, err = h.request(ctx, abi.Request{Verb: abi.VerbAbout}, nil, &a)
	return a, err
}

// request sends a request, decodes the value of the response unless into is nil, and returns the body of the response.
func (h *Host) request(ctx context.Context, r abi.Request, body []byte, into any) ([]byte, error) {
	header, err := appendRequest(nil, r)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	frame, err := h.instance.call(ctx, header, body)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	header, body, err = abi.SplitFrame(frame)
	if err != nil {
		return nil, fmt.Errorf("host: %s: response: %w", r.Verb, err)
	}
	if string(header) == okHeader && into == nil {
		return body, nil
	}
	var response abi.Response[json.RawMessage]
	if err := json.Unmarshal(header, &response); err != nil {
		return nil, fmt.Errorf("host: %s: response: %w", r.Verb, err)
	}
	if response.Code != op.OK {
		return nil, &Error{response.Code, response.Error, string(response.Reason)}
	}
	if into != nil {
		if err := json.Unmarshal(response.Value, into); err != nil {
			return nil, fmt.Errorf("host: %s: response: %w", r.Verb, err)
		}
	}
	return body, nil
}

// okHeader is the header of a response without a value.
const okHeader = "{\"code\":\"ok\"}\n"

// appendRequest encodes the header of a request. The names of verbs need no escapes.
func appendRequest(to []byte, r abi.Request) ([]byte, error) {
	if len(r.Args) > 0 {
		return json.Marshal(r)
	}
	to = append(append(append(to, `{"verb":"`...), r.Verb...), '"')
	if r.Node != 0 {
		to = strconv.AppendUint(append(to, `,"node":`...), uint64(r.Node), 10)
	}
	return append(to, '}'), nil
}

// requestArgs encodes args and sends a request without a body.
func (h *Host) requestArgs(ctx context.Context, r abi.Request, args, into any) ([]byte, error) {
	encoded, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	r.Args = encoded
	return h.request(ctx, r, nil, into)
}
