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

// A Node is a node in the module. Its methods are those of engine.Engine. It is safe for concurrent use.
type Node struct {
	host   *Host
	handle uint32
}

// Apply makes the call that an Op stands for. The error is about the call to the module; that of the Op is in the Result.
func (n *Node) Apply(ctx context.Context, op engine.Op) (Result, error) {
	results, err := n.ApplyAll(ctx, []engine.Op{op})
	if err != nil {
		return Result{}, err
	}
	return results[0], nil
}

// ApplyAll applies Ops one after the other in one call to the module, and returns their results. One that fails does not
// keep the next from being applied. The error is about the call to the module; with one of class InvalidArgument no Op was
// applied. What a Result holds must not be changed.
func (n *Node) ApplyAll(ctx context.Context, ops []engine.Op) ([]Result, error) {
	var lines bytes.Buffer
	for _, op := range ops {
		line, err := op.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("host: op %s: %w", op.Name, err)
		}
		lines.Write(append(line, '\n'))
	}
	body, err := n.host.ask(ctx, abi.Request{Verb: "apply", Node: n.handle}, lines.Bytes(), nil)
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

// Plan returns what a collection would remove; with names of nodes of the graph, if these were deleted first.
func (n *Node) Plan(ctx context.Context, deleted ...string) (*examine.Plan, error) {
	return ask[examine.Plan](ctx, n, "plan", abi.Plan{Deleted: deleted})
}

// Why explains what keeps a node of the graph.
func (n *Node) Why(ctx context.Context, node string, limit int) (*examine.Why, error) {
	return ask[examine.Why](ctx, n, "why", abi.Why{Node: node, Limit: limit})
}

// Top says who holds the bytes.
func (n *Node) Top(ctx context.Context, limit int) (*examine.Top, error) {
	return ask[examine.Top](ctx, n, "top", abi.Top{Limit: limit})
}

// Fsck looks for what is wrong.
func (n *Node) Fsck(ctx context.Context) (*examine.Fsck, error) {
	return ask[examine.Fsck](ctx, n, "fsck", abi.None{})
}

// Inspect returns what is stored at and below a path.
func (n *Node) Inspect(ctx context.Context, path string) (*examine.Tree, error) {
	return ask[examine.Tree](ctx, n, "inspect", abi.Inspect{Path: path})
}

// Diff returns what is different about another node of the same Host.
func (n *Node) Diff(ctx context.Context, other *Node) (*examine.Diff, error) {
	if other.host != n.host {
		return nil, errors.New("host: diff: the nodes are in different instances")
	}
	return ask[examine.Diff](ctx, n, "diff", abi.Diff{With: other.handle})
}

// Collect collects garbage at once. Other than the engine's it tells nothing of a collection that fails; the Op "collect"
// does.
func (n *Node) Collect(ctx context.Context) (engine.Collection, error) {
	done, err := ask[abi.Collection](ctx, n, "collect", abi.None{})
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
	made, err := ask[abi.Handle](ctx, n, "fork", abi.None{})
	if err != nil {
		return nil, err
	}
	return &Node{n.host, made.Node}, nil
}

// Hash returns the hash of the node.
func (n *Node) Hash(ctx context.Context) (h engine.Hash, err error) {
	text, err := ask[string](ctx, n, "hash", abi.None{})
	if err != nil {
		return h, err
	}
	return parseHash(*text)
}

func parseHash(text string) (h engine.Hash, err error) {
	coded, err := hex.DecodeString(text)
	if err != nil || copy(h[:], coded) != len(h) || len(coded) != len(h) {
		return h, fmt.Errorf("host: hash: %q is none", text)
	}
	return h, nil
}

// Dump writes all that is stored as text.
func (n *Node) Dump(ctx context.Context, w io.Writer) error { return n.write(ctx, "dump", w) }

// Save writes the database as a file that containerd opens.
func (n *Node) Save(ctx context.Context, w io.Writer) error { return n.write(ctx, "save", w) }

// Close gives the node up: its memory is free for others.
func (n *Node) Close(ctx context.Context) error {
	_, err := n.host.ask(ctx, abi.Request{Verb: "close", Node: n.handle}, nil, nil)
	return err
}

// ask asks the node a question and returns the value of the answer.
func ask[Answer any](ctx context.Context, n *Node, verb string, args any) (*Answer, error) {
	answer := new(Answer)
	if _, err := n.host.askWith(ctx, abi.Request{Verb: verb, Node: n.handle}, args, answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// write writes the body of an answer.
func (n *Node) write(ctx context.Context, verb string, w io.Writer) error {
	body, err := n.host.ask(ctx, abi.Request{Verb: verb, Node: n.handle}, nil, nil)
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}
