package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// New returns a [proptest.New] that creates its systems in h. The systems fail after ctx ends.
func New(ctx context.Context, h *host.Host) proptest.New {
	return func(setup engine.Setup) (proptest.System, error) {
		setup.Holdfast = op.Version
		native, err := proptest.Engine()(setup)
		if err != nil {
			return nil, err
		}
		node, err := h.NewNode(ctx, setup)
		if err != nil {
			return nil, errors.Join(err, native.Close())
		}
		return &system{ctx: ctx, host: h, setup: setup, node: node, twin: native.(twin)}, nil
	}
}

// A twin is a native system. Every system of [proptest.Engine] has these methods.
type twin interface {
	proptest.Promiser
	proptest.Forker
	proptest.Saver
}

// A system is a node in the module and its twin.
type system struct {
	ctx   context.Context
	host  *host.Host
	setup engine.Setup
	node  *host.Node
	twin

	mismatch error // first difference between the node and its twin
}

// Apply applies an Op to the node and its twin and returns the result of the twin. After the first mismatch, every
// result has the code "internal".
func (s *system) Apply(o engine.Op) engine.Result {
	want := s.twin.Apply(o)
	if s.mismatch == nil {
		s.mismatch = s.compare(o, want)
	}
	if s.mismatch != nil {
		return engine.Result{Code: op.Internal, Error: s.mismatch.Error()}
	}
	return want
}

func (s *system) compare(op engine.Op, want engine.Result) error {
	got, err := s.node.Apply(s.ctx, op)
	if err == nil && got.String() != want.String() {
		err = fmt.Errorf("%s: the results differ:\nmodule %s\nnative %s", op, got, want)
	}
	return err
}

// State compares the hashes of the node and its twin and returns the state of the twin.
func (s *system) State() (proptest.State, error) {
	if s.mismatch == nil {
		s.mismatch = s.compare(hashOp, s.twin.Apply(hashOp))
	}
	if s.mismatch != nil {
		return proptest.State{}, s.mismatch
	}
	return s.twin.State()
}

var hashOp = engine.Op{Name: op.Hash}

func (s *system) Fork() (proptest.System, error) {
	native, err := s.twin.Fork()
	if err != nil {
		return nil, err
	}
	node, err := s.node.Fork(s.ctx)
	if err != nil {
		return nil, errors.Join(err, native.Close())
	}
	return &system{ctx: s.ctx, host: s.host, setup: s.setup, node: node, twin: native.(twin), mismatch: s.mismatch}, nil
}

// Save writes the database of the node in the module.
func (s *system) Save(w io.Writer) error { return s.node.Save(s.ctx, w) }

// Load opens the database in the module and natively.
func (s *system) Load(r io.Reader) (proptest.System, error) {
	db, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	native, err := s.twin.Load(bytes.NewReader(db))
	if err != nil {
		return nil, err
	}
	state, err := native.State()
	if err != nil {
		return nil, errors.Join(err, native.Close())
	}
	setup := s.setup
	setup.Start = &state.Now
	node, err := s.host.Open(s.ctx, db, setup)
	if err != nil {
		return nil, errors.Join(err, native.Close())
	}
	return &system{ctx: s.ctx, host: s.host, setup: s.setup, node: node, twin: native.(twin)}, nil
}

func (s *system) Close() error { return errors.Join(s.node.Close(s.ctx), s.twin.Close()) }
