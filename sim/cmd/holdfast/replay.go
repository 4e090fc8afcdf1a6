package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// replayAnswer is the JSON answer of the verb.
type replayAnswer struct {
	Version int             `json:"version"`
	Ops     []replayStep    `json:"ops"`
	Counts  map[op.Code]int `json:"counts"` // of results, by code
	Hash    string          `json:"hash"`   // of the node at the end
	Dump    string          `json:"dump,omitempty"`
}

// replayStep is one Op of the trace with its result.
type replayStep struct {
	Line   int           `json:"line"` // in the trace, from 1
	Op     engine.Op     `json:"op"`
	Result engine.Result `json:"result"`
	Hash   string        `json:"hash,omitempty"` // of the node after the Op, with --hashes
}

// replayVersion is the version of the JSON answer.
const replayVersion = 1

func replayVerb(c *console) *cobra.Command {
	var (
		r      replay
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "replay TRACE",
		Short: "Run a recorded trace on a node in memory",
		Long: `Replay creates a node in memory and applies the calls of a trace to it, one by one.
The same trace gives the same results and hashes on every machine.

TRACE is a file of JSON lines, or - for standard input. Its first line configures the
node, each further line is one call. A call that fails is a result like any other: it
does not change the exit code.`,
		Example: `  holdfast replay trace.jsonl
  holdfast replay trace.jsonl --until 20 --dump
  holdfast replay trace.jsonl --hashes --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r.asJSON = asJSON
			return r.run(c, args[0])
		},
	}
	cmd.Flags().IntVar(&r.until, "until", 0, "stop after `N` calls; 0 runs the whole trace")
	cmd.Flags().BoolVar(&r.dump, "dump", false, "print the whole database at the end")
	cmd.Flags().BoolVar(&r.hashes, "hashes", false, "print the hash of the node after every call")
	cmd.Flags().BoolVarP(&r.values, "verbose", "v", false, "print the results of the calls")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// A replay is one run of the verb: its flags and its answer so far.
type replay struct {
	until  int
	dump   bool
	hashes bool
	values bool
	asJSON bool

	answer replayAnswer
}

// errUntil ends a replay after the calls that --until allows.
var errUntil = errors.New("--until is reached")

func (r *replay) run(c *console, path string) error {
	if r.until < 0 {
		return fmt.Errorf("--until %d: must not be negative", r.until)
	}
	in, err := c.openText(path)
	if err != nil {
		return err
	}
	defer in.Close()
	r.answer = replayAnswer{Version: replayVersion, Ops: []replayStep{}, Counts: map[op.Code]int{}}
	e, err := engine.Replay(context.Background(), in, func(e *engine.Engine, line int, op engine.Op, result engine.Result) error {
		step := replayStep{Line: line, Op: op, Result: result}
		if r.hashes {
			step.Hash = e.Hash().String()
		}
		r.answer.Counts[result.Code]++
		if r.asJSON {
			r.answer.Ops = append(r.answer.Ops, step)
		} else {
			r.print(c, step)
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

func (r *replay) print(c *console, step replayStep) {
	s := green
	switch step.Result.Code {
	case op.OK:
	case op.Pending:
		s = yellow
	default:
		s = red
	}
	c.line("", "%5d  %s  %s", step.Line, c.styled(s, fmt.Sprintf("%-19s", step.Result.Code)), printable(step.Op.String()))
	if step.Result.Error != "" {
		c.line(dim, "       %s", printable(step.Result.Error))
	}
	if r.values && step.Result.Value != nil {
		c.line("", "       %s", printable(step.Result.ValueString()))
	}
	if step.Hash != "" {
		c.line(dim, "       %s", step.Hash)
	}
}

func (r *replay) printEnd(c *console) {
	total := 0
	for _, n := range r.answer.Counts {
		total += n
	}
	c.blank()
	c.line(bold, "%s.", plural(total, "call", "calls"))
	t := newTable("RESULT", ">CALLS")
	for _, code := range slices.Sorted(maps.Keys(r.answer.Counts)) {
		t.add(string(code), humanCount(r.answer.Counts[code]))
	}
	if len(t.rows) > 0 {
		c.blank()
		c.print(t, "  ")
	}
	c.blank()
	c.line("", "hash %s", r.answer.Hash)
	if r.dump {
		c.blank()
		c.out.WriteString(r.answer.Dump)
	}
}
