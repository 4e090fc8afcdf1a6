package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A Host is an instance of the module. It is safe for concurrent use: calls wait for one another, or until their context
// ends.
type Host struct {
	runtime  wazero.Runtime
	instance *instance
}

// New compiles the module, unless a cache has it, and starts an instance of it. The bytes of the module are not kept. It
// fails if they are not the module, or one whose ABI is of another version.
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

// Close ends the instance and all its nodes, after the call that runs. Calls after it fail with ErrEnded; to close again
// does nothing.
func (h *Host) Close(ctx context.Context) error {
	if err := h.instance.close(ctx); err != nil {
		return err
	}
	return h.runtime.Close(context.WithoutCancel(ctx))
}

// NewNode returns a node on which nothing is stored: see engine.New. The version of the setup is filled in; the zero
// Setup is what engine.New makes without options.
func (h *Host) NewNode(ctx context.Context, setup engine.Setup) (*Node, error) {
	return h.makeNode(ctx, "new", setup, nil)
}

// Open returns a node whose daemon found a real one's database, which may be gzip'd: see engine.Open, and NewNode for
// the setup.
func (h *Host) Open(ctx context.Context, database []byte, setup engine.Setup) (*Node, error) {
	return h.makeNode(ctx, "open", setup, unzipped(database))
}

func (h *Host) makeNode(ctx context.Context, verb string, setup engine.Setup, body []byte) (*Node, error) {
	var line bytes.Buffer
	if _, err := engine.NewTraceWriter(&line, setup); err != nil {
		return nil, err
	}
	var made abi.Handle
	if _, err := h.ask(ctx, abi.Request{Verb: verb, Args: line.Bytes()}, body, &made); err != nil {
		return nil, err
	}
	return &Node{h, made.Node}, nil
}

// ask calls the module, reads the value of the answer unless into is nil, and returns the body.
func (h *Host) ask(ctx context.Context, r abi.Request, body []byte, into any) ([]byte, error) {
	header, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	answer, err := h.instance.call(ctx, header, body)
	if err != nil {
		return nil, fmt.Errorf("host: %s: %w", r.Verb, err)
	}
	header, body, err = abi.SplitFrame(answer)
	if err != nil {
		return nil, fmt.Errorf("host: %s: the answer: %w", r.Verb, err)
	}
	var a abi.Answer[json.RawMessage]
	if err := json.Unmarshal(header, &a); err != nil {
		return nil, fmt.Errorf("host: %s: the answer: %w", r.Verb, err)
	}
	if a.Code != engine.OK {
		return nil, &Error{a.Code, a.Error}
	}
	if into != nil {
		if err := json.Unmarshal(a.Value, into); err != nil {
			return nil, fmt.Errorf("host: %s: the answer: %w", r.Verb, err)
		}
	}
	return body, nil
}
