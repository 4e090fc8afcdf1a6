package host

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A Node is a node in the module. Its methods correspond to the methods of [engine.Engine]. It is safe for concurrent
// use.
type Node struct {
	host   *Host
	handle uint32
}

// Apply applies one Op. The returned error is about the request to the module; the Result has the error of the Op.
func (n *Node) Apply(ctx context.Context, op engine.Op) (Result, error) {
	results, err := n.ApplyAll(ctx, []engine.Op{op})
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// ApplyAll applies Ops in order in one request to the module and returns their results. An Op that fails does not stop
// the batch. The returned error is about the request; if its class is InvalidArgument, no Op was applied. The Results
// share memory: callers must not modify their values.
func (n *Node) ApplyAll(ctx context.Context, ops []engine.Op) ([]Result, error) {
	var lines []byte
	for _, op := range ops {
		var err error
		if lines, err = op.AppendJSON(lines); err != nil {
			return nil, fmt.Errorf("host: op %s: %w", op.Name, err)
		}
		lines = append(lines, '\n')
	}
	body, err := n.host.request(ctx, abi.Request{Verb: abi.VerbApply, Node: n.handle}, lines, nil)
	if err != nil {
		return nil, err
	}
	results := make([]Result, 0, len(ops))
	for line := range bytes.Lines(body) {
		r, err := parseResult(bytes.TrimSuffix(line, []byte{'\n'}))
		if err != nil {
			return nil, fmt.Errorf("host: apply: %w", err)
		}
		results = append(results, r)
	}
	if len(results) != len(ops) {
		return nil, fmt.Errorf("host: apply: %d results for %d Ops", len(results), len(ops))
	}
	return results, nil
}

// Plan returns the objects that a collection would remove. It assumes that the given objects are deleted
// (hypothetical): nodes, holders, namespaces and patterns, as in [examine.Database.Plan].
func (n *Node) Plan(ctx context.Context, deleted ...string) (*examine.Plan, error) {
	return query[examine.Plan](ctx, n, abi.VerbPlan, abi.Plan{Deleted: deleted})
}

// PlanWith is [Node.Plan] with options.
func (n *Node) PlanWith(ctx context.Context, o examine.PlanOptions) (*examine.Plan, error) {
	args := abi.Plan{Deleted: o.Delete}
	if !o.Until.IsZero() {
		args.Until = &o.Until
	}
	return query[examine.Plan](ctx, n, abi.VerbPlan, args)
}

// Account attributes all bytes to holders.
func (n *Node) Account(ctx context.Context, o examine.AccountOptions) (*examine.Accounting, error) {
	args := abi.Account{ByName: o.ByName, Limit: o.Limit, HoldersPerSet: o.HoldersPerSet}
	return query[examine.Accounting](ctx, n, abi.VerbAccount, args)
}

// Why explains why a node of the graph is kept or removed, with at most limit chains. A limit of 0 is the default.
func (n *Node) Why(ctx context.Context, node string, limit int) (*examine.Why, error) {
	return query[examine.Why](ctx, n, abi.VerbWhy, abi.Why{Node: node, Limit: limit})
}

// Top returns the roots with the largest retained sizes, at most limit. A limit of 0 is the default.
func (n *Node) Top(ctx context.Context, limit int) (*examine.Top, error) {
	return query[examine.Top](ctx, n, abi.VerbTop, abi.Top{Limit: limit})
}

// Fsck checks the database.
func (n *Node) Fsck(ctx context.Context) (*examine.Fsck, error) {
	return query[examine.Fsck](ctx, n, abi.VerbFsck, abi.None{})
}

// Inspect decodes the buckets and values at and below a path.
func (n *Node) Inspect(ctx context.Context, path string) (*examine.Tree, error) {
	return query[examine.Tree](ctx, n, abi.VerbInspect, abi.Inspect{Path: path})
}

// Diff returns the changes from n to other, which must be a node of the same Host.
func (n *Node) Diff(ctx context.Context, other *Node) (*examine.Diff, error) {
	if other.host != n.host {
		return nil, errors.New("host: diff: the nodes are in different instances")
	}
	return query[examine.Diff](ctx, n, abi.VerbDiff, abi.Diff{With: other.handle})
}

// Collect runs a collection. Unlike [engine.Engine.Collect], it returns no statistics of a failed collection; the Op
// "collect" does.
func (n *Node) Collect(ctx context.Context) (engine.Collection, error) {
	done, err := query[abi.Collection](ctx, n, abi.VerbCollect, abi.None{})
	if err != nil {
		return engine.Collection{}, err
	}
	c := engine.Collection{GCStats: metadata.GCStats{MetaD: done.Metadata, ContentD: done.Content, SnapshotD: done.Snapshots}}
	for _, name := range done.Removed {
		node, err := metadata.ParseNode(name)
		if err != nil {
			return engine.Collection{}, fmt.Errorf("host: collect: %w", err)
		}
		c.Removed = append(c.Removed, node)
	}
	return c, nil
}

// Fork returns an independent node in the same state.
func (n *Node) Fork(ctx context.Context) (*Node, error) {
	fork, err := query[abi.Handle](ctx, n, abi.VerbFork, abi.None{})
	if err != nil {
		return nil, err
	}
	return &Node{n.host, fork.Node}, nil
}

// Hash returns the hash of the node's state.
func (n *Node) Hash(ctx context.Context) (h engine.Hash, err error) {
	text, err := query[string](ctx, n, abi.VerbHash, abi.None{})
	if err != nil {
		return h, err
	}
	return parseHash(*text)
}

func parseHash(text string) (h engine.Hash, err error) {
	decoded, err := hex.DecodeString(text)
	if err != nil || copy(h[:], decoded) != len(h) || len(decoded) != len(h) {
		return h, fmt.Errorf("host: %q is not a hash", text)
	}
	return h, nil
}

// Dump writes the contents of the node as text.
func (n *Node) Dump(ctx context.Context, w io.Writer) error { return n.write(ctx, abi.VerbDump, w) }

// Save writes the database as a bolt file, which containerd can open.
func (n *Node) Save(ctx context.Context, w io.Writer) error { return n.write(ctx, abi.VerbSave, w) }

// Close releases the memory of the node. Later calls fail with an error of class NotFound.
func (n *Node) Close(ctx context.Context) error {
	_, err := n.host.request(ctx, abi.Request{Verb: abi.VerbClose, Node: n.handle}, nil, nil)
	return err
}

// query sends a request about the node and returns the value of the response.
func query[Value any](ctx context.Context, n *Node, verb abi.Verb, args any) (*Value, error) {
	value := new(Value)
	if _, err := n.host.requestArgs(ctx, abi.Request{Verb: verb, Node: n.handle}, args, value); err != nil {
		return nil, err
	}
	return value, nil
}

// write sends a request about the node and writes the body of the response to w.
func (n *Node) write(ctx context.Context, verb abi.Verb, w io.Writer) error {
	body, err := n.host.request(ctx, abi.Request{Verb: verb, Node: n.handle}, nil, nil)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}
