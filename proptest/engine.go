package proptest

import (
	"context"
	"io"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
)

// Engine returns a function that makes nodes of package engine, with these options in addition to the setup's.
func Engine(opts ...engine.Option) New {
	return func(setup engine.Setup) (System, error) {
		all, err := setup.Options()
		if err != nil {
			return nil, err
		}
		node, err := engine.New(append(all, opts...)...)
		if err != nil {
			return nil, err
		}
		return OnEngine(node, setup, opts...), nil
	}
}

// OnEngine returns a node of package engine as a system. The node must have been made with setup and opts.
func OnEngine(node *engine.Engine, setup engine.Setup, opts ...engine.Option) System {
	return &onEngine{node: node, setup: setup, opts: opts}
}

type onEngine struct {
	node  *engine.Engine
	setup engine.Setup
	opts  []engine.Option

	content   *backend.Content // the content backend when snapshots was read
	snapshots map[string]*backend.Snapshotter
}

func (s *onEngine) Promises() []Promise {
	return []Promise{Clock, Rewinds, OwnClock, Isolation, Versions, Plans, Explains, Events, Transactions, Crashes, Faults, Turns, Tidies}
}

func (s *onEngine) Apply(op engine.Op) engine.Result { return s.node.Apply(context.Background(), op) }

func (s *onEngine) State() (State, error) {
	if content := s.node.ContentBackend(); content != s.content {
		s.content, s.snapshots = content, map[string]*backend.Snapshotter{}
		for _, name := range s.setup.Snapshotters {
			s.snapshots[name] = s.node.SnapshotterBackend(name)
		}
	}
	return State{
		Metadata: s.node.KV(), Content: s.content, Snapshots: s.snapshots,
		Now: s.node.Clock().Now(), Down: s.node.Down(),
	}, nil
}

func (s *onEngine) Fork() (System, error) { return OnEngine(s.node.Fork(), s.setup, s.opts...), nil }

func (s *onEngine) Save(w io.Writer) error {
	return s.node.KV().View(func(tx *memkv.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
}

func (s *onEngine) Load(r io.Reader) (System, error) {
	opts, err := s.setup.Options()
	if err != nil {
		return nil, err
	}
	node, err := engine.Read(r, append(append(opts, s.opts...), engine.WithStart(s.node.Clock().Now()))...)
	if err != nil {
		return nil, err
	}
	return OnEngine(node, s.setup, s.opts...), nil
}

func (s *onEngine) Close() error { return s.node.Close() }
