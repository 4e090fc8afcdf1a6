package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
)

// replayed is what a replay came to, as JSON.
type replayed struct {
	Version int                 `json:"version"`
	Ops     []replayedOp        `json:"ops"`
	Counts  map[engine.Code]int `json:"counts"` // of results, by their code
	Hash    string              `json:"hash"`   // of the node, at the end
	Dump    string              `json:"dump,omitempty"`
}

type replayedOp struct {
	Line   int           `json:"line"` // of the trace
	Op     engine.Op     `json:"op"`
	Result engine.Result `json:"result"`
	Hash   string        `json:"hash,omitempty"`
}

// replayVersion is the version of the JSON shape.
const replayVersion = 1

func replayVerb(c *console) *cobra.Command {
	var (
		r      replay
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Run a trace of calls on a node in memory",
		Long: `Replay makes a node in memory and applies the calls of a trace to it, one by one. The
same trace gives the same results and the same hashes everywhere.

TRACE is a file of JSON lines, or - for standard input: first how to make the node,
then one call a line. Calls that fail are part of what happened, and no finding.`,
		Example: `  holdfast replay trace.jsonl
  holdfast replay trace.jsonl --until 20 --dump
  holdfast replay trace.jsonl --hashes --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.asJSON = asJSON
			return r.run(c, args[0])
		},
	}
	cmd.Flags().IntVar(&r.until, "until", 0, "stop after `N` calls; 0 runs all")
	cmd.Flags().BoolVar(&r.dump, "dump", false, "print all that is stored at the end")
	cmd.Flags().BoolVar(&r.hashes, "hashes", false, "print the hash of the node after every call")
	cmd.Flags().BoolVarP(&r.values, "verbose", "v", false, "print what the calls returned")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// A replay is a run of the verb.
type replay struct {
	until  int
	dump   bool
	hashes bool
	values bool
	asJSON bool

	answer replayed
}

// errUntil ends a replay that has come as far as it should.
var errUntil = errors.New("as far as it should")

func (r *replay) run(c *console, path string) error {
	if r.until < 0 {
		return fmt.Errorf("--until %d: must not be negative", r.until)
	}
	in, closed, err := c.trace(path)
	if err != nil {
		return err
	}
	defer closed()
	r.answer = replayed{Version: replayVersion, Ops: []replayedOp{}, Counts: map[engine.Code]int{}}
	e, err := engine.Replay(context.Background(), in, func(e *engine.Engine, line int, op engine.Op, result engine.Result) error {
		done := replayedOp{Line: line, Op: op, Result: result}
		if r.hashes {
			done.Hash = e.Hash().String()
		}
		r.answer.Counts[result.Code]++
		if r.asJSON {
			r.answer.Ops = append(r.answer.Ops, done)
		} else {
			r.print(c, done)
		}
		r.until--
		if r.until == 0 {
			return errUntil
		}
		return nil
	})
	if err != nil && !errors.Is(err, errUntil) {
		return &fileError{fmt.Errorf("%s: %w", path, err)}
	}
	defer e.Close()
	r.answer.Hash = e.Hash().String()
	if r.dump {
		var text strings.Builder
		if err := e.Dump(&text); err != nil {
			return err
		}
		r.answer.Dump = text.String()
	}
	if r.asJSON {
		return c.printJSON(r.answer)
	}
	r.printEnd(c)
	return nil
}

// trace opens a trace: path, or standard input for "-".
func (c *console) trace(path string) (in io.Reader, closed func() error, err error) {
	if path == "-" {
		return c.in, func() error { return nil }, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, &fileError{err}
	}
	return f, f.Close, nil
}

func (r *replay) print(c *console, done replayedOp) {
	s := green
	switch done.Result.Code {
	case engine.OK:
	case engine.Pending:
		s = yellow
	default:
		s = red
	}
	c.line("", "%5d  %s  %s", done.Line, c.styled(s, fmt.Sprintf("%-19s", done.Result.Code)), printable(done.Op.String()))
	if done.Result.Error != "" {
		c.line(dim, "       %s", printable(done.Result.Error))
	}
	if r.values && done.Result.Value != nil {
		c.line("", "       %s", printable(done.Result.ValueString()))
	}
	if done.Hash != "" {
		c.line(dim, "       %s", done.Hash)
	}
}

func (r *replay) printEnd(c *console) {
	total := 0
	for _, n := range r.answer.Counts {
		total += n
	}
	c.line("", "")
	c.line(bold, "%s.", plural(total, "call", "calls"))
	t := newTable("RESULT", ">CALLS")
	for _, code := range slices.Sorted(maps.Keys(r.answer.Counts)) {
		t.add(string(code), humanCount(r.answer.Counts[code]))
	}
	if len(t.rows) > 0 {
		c.line("", "")
		c.print(t, "  ")
	}
	c.line("", "")
	c.line("", "hash %s", r.answer.Hash)
	if r.dump {
		c.line("", "")
		c.out.WriteString(r.answer.Dump)
	}
}
