package verbs

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A verb is one thing that can be asked for. It returns the value and the body of the answer.
type verb struct {
	asks bool // a node, which the request must name
	do   func(c *call) (value any, body []byte, err error)
}

var table map[string]verb

func init() {
	table = map[string]verb{
		"about": {do: about},
		"new": makes(func(c *call, opts []engine.Option) (*engine.Engine, error) {
			return engine.New(opts...)
		}),
		"open": makes(func(c *call, opts []engine.Option) (*engine.Engine, error) {
			return engine.Read(bytes.NewReader(c.body), opts...)
		}),
		"fork": {asks: true, do: func(c *call) (any, []byte, error) {
			if err := c.nodes.room(); err != nil {
				return nil, nil, err
			}
			return c.nodes.add(c.node.Fork()), nil, nil
		}},
		"close": {do: func(c *call) (any, []byte, error) {
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
		"read":  {do: read},
		"view":  {do: view},
		"check": {do: check},
		"gc":    {do: collected},
		"apply": {asks: true, do: apply},
		"save":  gives(save),
		"dump":  gives(func(c *call, to *bounded) error { return c.node.Dump(to) }),
		"hash": answers(func(c *call, _ abi.None) (any, error) {
			return hexadecimal(c.node.Hash().String()), nil
		}),
		"collect": answers(collect),
		"plan": question(func(s subject, a abi.Plan) (any, error) {
			return s.Plan(a.Deleted...)
		}),
		"why": question(func(s subject, a abi.Why) (any, error) {
			return s.Why(a.Node, a.Limit)
		}),
		"top": question(func(s subject, a abi.Top) (any, error) {
			return s.Top(a.Limit)
		}),
		"fsck": question(func(s subject, _ abi.None) (any, error) {
			return s.Fsck()
		}),
		"inspect": question(func(s subject, a abi.Inspect) (any, error) {
			return s.Inspect(a.Path)
		}),
		"objects": question(func(s subject, _ abi.None) (any, error) {
			return examine.Objects(s.KV())
		}),
		"diff":     {do: diff},
		"simulate": begins(simulate),
		"compare":  begins(beginComparison),
		"step":     {do: step},
		"stop":     {do: stop},
	}
}

// answers is a verb that asks a node something and has a value for an answer.
func answers[A any](do func(c *call, args A) (any, error)) verb {
	return verb{asks: true, do: func(c *call) (any, []byte, error) {
		args, err := argsOf[A](c)
		if err != nil {
			return nil, nil, err
		}
		value, err := do(c, args)
		return value, nil, err
	}}
}

// question is a verb that asks a node or a file something and has a value for an answer.
func question[A any](ask func(s subject, args A) (any, error)) verb {
	return verb{do: func(c *call) (any, []byte, error) {
		s, err := c.nodes.subject(c.handle)
		if err != nil {
			return nil, nil, err
		}
		args, err := argsOf[A](c)
		if err != nil {
			return nil, nil, err
		}
		value, err := ask(s, args)
		return value, nil, err
	}}
}

func diff(c *call) (any, []byte, error) {
	args, err := argsOf[abi.Diff](c)
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
	return d, nil, err
}

// gives is a verb that asks a node for bytes.
func gives(do func(c *call, to *bounded) error) verb {
	return verb{asks: true, do: func(c *call) (any, []byte, error) {
		var to bounded
		err := do(c, &to)
		return nil, to.data, err
	}}
}

// makes is a verb that makes a node; its arguments are an engine.Setup.
func makes(do func(c *call, opts []engine.Option) (*engine.Engine, error)) verb {
	return verb{do: func(c *call) (any, []byte, error) {
		if err := c.nodes.room(); err != nil {
			return nil, nil, err
		}
		opts, err := options(c.args)
		if err != nil {
			return nil, nil, err
		}
		e, err := do(c, opts)
		if err != nil {
			return nil, nil, err
		}
		return c.nodes.add(e), nil, nil
	}}
}

// options reads a Setup as it stands in the first line of a trace. Without one, the node is as engine.New makes it.
func options(setup []byte) ([]engine.Option, error) {
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
	return abi.About{ABI: abi.Version, Ops: engine.OpVersion, Verbs: slices.Sorted(maps.Keys(table)), Kinds: engine.Ops()}, nil, nil
}
