package verbs

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A verb handles one kind of request. It returns the value and the body of the response.
type verb struct {
	needsNode bool // the request must name an open node
	run       func(c *call) (value any, body []byte, err error)
}

// table maps names to verbs. It is set in init because "about" lists it.
var table map[abi.Verb]verb

func init() {
	table = map[abi.Verb]verb{
		abi.VerbAbout: {run: about},
		abi.VerbNew: nodeVerb(func(c *call, opts []engine.Option) (*engine.Engine, error) {
			return engine.New(opts...)
		}),
		abi.VerbOpen: nodeVerb(func(c *call, opts []engine.Option) (*engine.Engine, error) {
			data, _, err := databaseOf(c.body)
			if err != nil {
				return nil, openError(err)
			}
			e, err := engine.ReadBytes(data, opts...)
			if err != nil {
				return nil, openError(err)
			}
			return e, nil
		}),
		abi.VerbFork: {needsNode: true, run: func(c *call) (any, []byte, error) {
			if err := c.nodes.checkLimit(); err != nil {
				return nil, nil, err
			}
			return c.nodes.add(c.node.Fork()), nil, nil
		}},
		abi.VerbClose: {run: func(c *call) (any, []byte, error) {
			if _, ok := c.nodes.files[c.handle]; ok {
				delete(c.nodes.files, c.handle)
				return nil, nil, nil
			}
			node, err := c.nodes.get(c.handle)
			if err != nil {
				return nil, nil, err
			}
			delete(c.nodes.open, c.handle)
			return nil, nil, node.Close()
		}},
		abi.VerbRead:    {run: read},
		abi.VerbView:    {run: view},
		abi.VerbCheck:   {run: check},
		abi.VerbGC:      {run: collectCopy},
		abi.VerbSalvage: {run: salvage},
		abi.VerbApply:   {needsNode: true, run: apply},
		abi.VerbSave:    bodyVerb(save),
		abi.VerbDump:    bodyVerb(func(c *call, w *responseWriter) error { return c.node.Dump(w) }),
		abi.VerbHash: valueVerb(func(c *call, _ abi.None) (any, error) {
			return hexadecimal(c.node.Hash().String()), nil
		}),
		abi.VerbCollect: valueVerb(collect),
		abi.VerbPlan: queryVerb(func(s subject, a abi.Plan) (any, error) {
			return plan(s, a)
		}),
		abi.VerbWhy: queryVerb(func(s subject, a abi.Why) (any, error) {
			return s.Why(a.Node, a.Limit)
		}),
		abi.VerbTop: queryVerb(func(s subject, a abi.Top) (any, error) {
			return s.Top(a.Limit)
		}),
		abi.VerbAccount: queryVerb(func(s subject, a abi.Account) (any, error) {
			return account(s, a)
		}),
		abi.VerbFsck: queryVerb(func(s subject, _ abi.None) (any, error) {
			return s.Fsck()
		}),
		abi.VerbInspect: queryVerb(func(s subject, a abi.Inspect) (any, error) {
			tree, err := s.Inspect(a.Path)
			if err != nil && op.CodeOf(err) == op.Unknown {
				err = &classError{err, errdefs.ErrNotFound, ""}
			}
			return tree, err
		}),
		abi.VerbObjects: queryVerb(func(s subject, _ abi.None) (any, error) {
			return objects(s)
		}),
		abi.VerbDiff:     {run: diff},
		abi.VerbSimulate: jobVerb(beginSimulation),
		abi.VerbCompare:  jobVerb(beginComparison),
		abi.VerbStep:     {run: step},
		abi.VerbStop:     {run: stop},
	}
}

// valueVerb returns a verb that runs on a node and returns a value.
func valueVerb[A any](run func(c *call, args A) (any, error)) verb {
	return verb{needsNode: true, run: func(c *call) (any, []byte, error) {
		args, err := decodeArgs[A](c)
		if err != nil {
			return nil, nil, err
		}
		value, err := run(c, args)
		return value, nil, err
	}}
}

// queryVerb returns a verb that queries a node or a file and returns a value.
func queryVerb[A any](query func(s subject, args A) (any, error)) verb {
	return verb{run: func(c *call) (any, []byte, error) {
		s, err := c.nodes.subject(c.handle)
		if err != nil {
			return nil, nil, err
		}
		args, err := decodeArgs[A](c)
		if err != nil {
			return nil, nil, err
		}
		value, err := query(s, args)
		return value, nil, err
	}}
}

func diff(c *call) (any, []byte, error) {
	args, err := decodeArgs[abi.Diff](c)
	if err != nil {
		return nil, nil, err
	}
	older, err := c.nodes.subject(c.handle)
	if err != nil {
		return nil, nil, err
	}
	newer, err := c.nodes.subject(args.With)
	if err != nil {
		return nil, nil, err
	}
	d, err := examine.Compare(older.KV(), newer.KV())
	if err != nil {
		return nil, nil, err
	}
	d.LostOlder, d.LostNewer = lostOf(older), lostOf(newer)
	return d, nil, nil
}

// lostOf returns the parts of a file that could not be read.
func lostOf(s subject) []examine.LostPart {
	if f, ok := s.(*file); ok {
		return f.options.Lost
	}
	return nil
}

// bodyVerb returns a verb that runs on a node and returns a body.
func bodyVerb(run func(c *call, w *responseWriter) error) verb {
	return verb{needsNode: true, run: func(c *call) (any, []byte, error) {
		var w responseWriter
		err := run(c, &w)
		return nil, w.data, err
	}}
}

// nodeVerb returns a verb that opens a node. Its arguments are an engine.Setup.
func nodeVerb(open func(c *call, opts []engine.Option) (*engine.Engine, error)) verb {
	return verb{run: func(c *call) (any, []byte, error) {
		if err := c.nodes.checkLimit(); err != nil {
			return nil, nil, err
		}
		opts, err := engineOptions(c.args)
		if err != nil {
			return nil, nil, err
		}
		e, err := open(c, opts)
		if err != nil {
			return nil, nil, err
		}
		return c.nodes.add(e), nil, nil
	}}
}

// engineOptions decodes an engine.Setup, which has the form of the first line of a trace. An empty setup has no
// options.
func engineOptions(setup []byte) ([]engine.Option, error) {
	if len(setup) == 0 {
		return nil, nil
	}
	var line bytes.Buffer
	if err := json.Compact(&line, setup); err != nil {
		return nil, invalid("args: %v", err)
	}
	t, err := engine.NewTraceReader(&line)
	if err != nil {
		return nil, err
	}
	return t.Setup.Options()
}

func about(*call) (any, []byte, error) {
	return abi.About{ABI: abi.Version, Ops: op.Version, Verbs: slices.Sorted(maps.Keys(table)), Kinds: op.Names()}, nil, nil
}
