package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/wasm/host"
)

// New returns a proptest.New that makes nodes in the instance that h is. They end with the context, or when they are
// closed.
func New(ctx context.Context, h *host.Host) proptest.New {
	return func(setup engine.Setup) (proptest.System, error) {
		setup.Holdfast = engine.OpVersion
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

// A twin is what every system of package engine is.
type twin interface {
	proptest.Promiser
	proptest.Forker
	proptest.Saver
}

// A system is a node in the module, and its twin.
type system struct {
	ctx   context.Context
	host  *host.Host
	setup engine.Setup
	node  *host.Node
	twin

	differs error // what was not the same, first
}

// Apply makes the call in the module and on the twin, and returns the twin's result. If the two are not the same, that is
// of code "internal" from then on.
func (s *system) Apply(op engine.Op) engine.Result {
	want := s.twin.Apply(op)
	if s.differs == nil {
		s.differs = s.compare(op, want)
	}
	if s.differs != nil {
		return engine.Result{Code: "internal", Error: s.differs.Error()}
	}
	return want
}

func (s *system) compare(op engine.Op, want engine.Result) error {
	got, err := s.node.Apply(s.ctx, op)
	if err == nil && got.String() != want.String() {
		err = fmt.Errorf("%s: the module says\n%s\nits twin\n%s", op, got, want)
	}
	return err
}

// State returns the twin's, after comparing its hash with that of the node in the module.
func (s *system) State() (proptest.State, error) {
	if s.differs == nil {
		s.differs = s.compare(hashOp, s.twin.Apply(hashOp))
	}
	if s.differs != nil {
		return proptest.State{}, s.differs
	}
	return s.twin.State()
}

var hashOp = engine.Op{Name: "hash"}

func (s *system) Fork() (proptest.System, error) {
	native, err := s.twin.Fork()
	if err != nil {
		return nil, err
	}
	node, err := s.node.Fork(s.ctx)
	if err != nil {
		return nil, errors.Join(err, native.Close())
	}
	return &system{ctx: s.ctx, host: s.host, setup: s.setup, node: node, twin: native.(twin), differs: s.differs}, nil
}

// Save writes what the module saves.
func (s *system) Save(w io.Writer) error { return s.node.Save(s.ctx, w) }

// Load opens the database in the module and outside.
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
