package engine

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/engine/internal/wire"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A TraceWriter writes a trace: a Setup and then Ops, one a line.
type TraceWriter struct{ w io.Writer }

// NewTraceWriter begins a trace. The version is filled in.
func NewTraceWriter(w io.Writer, s Setup) (*TraceWriter, error) {
	s.Holdfast = op.Version
	line, err := wire.AppendObject(nil, s)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return &TraceWriter{w}, err
}

// Write adds an Op.
func (t *TraceWriter) Write(o Op) error {
	line, err := o.MarshalJSON()
	if err != nil {
		return fmt.Errorf("trace: %s: %w", o.Name, err)
	}
	_, err = t.w.Write(append(line, '\n'))
	return err
}

// lineMax bounds a line of a trace.
const lineMax = 64 << 20

// A TraceReader reads a trace. Empty lines, and those that begin with #, don't
// count.
type TraceReader struct {
	// Setup is what the trace begins with.
	Setup Setup

	lines *bufio.Scanner
	line  int
}

// NewTraceReader reads the beginning of a trace.
func NewTraceReader(r io.Reader) (*TraceReader, error) {
	t := &TraceReader{lines: bufio.NewScanner(r)}
	t.lines.Buffer(nil, lineMax)
	line, err := t.next()
	if err == io.EOF {
		return nil, fmt.Errorf("trace: empty: %w", errInvalid)
	} else if err != nil {
		return nil, err
	}
	o, err := wire.Parse(line)
	if err == nil {
		err = wire.Decode(o, &t.Setup)
	}
	if err == nil {
		_, err = t.Setup.Options()
	}
	if err != nil {
		return nil, t.fault(err)
	}
	return t, nil
}

// Read returns the next Op, and io.EOF after the last. Other errors name the line.
func (t *TraceReader) Read() (Op, error) {
	line, err := t.next()
	if err != nil {
		return Op{}, err
	}
	o, err := op.Parse(line)
	if err != nil {
		return Op{}, t.fault(err)
	}
	return o, nil
}

// Line returns the number of the line that was read last.
func (t *TraceReader) Line() int { return t.line }

func (t *TraceReader) next() ([]byte, error) {
	for t.lines.Scan() {
		t.line++
		if line := bytes.TrimSpace(t.lines.Bytes()); len(line) > 0 && line[0] != '#' {
			return line, nil
		}
	}
	if err := t.lines.Err(); err != nil {
		t.line++
		return nil, t.fault(err)
	}
	return nil, io.EOF
}

func (t *TraceReader) fault(err error) error {
	return fmt.Errorf("trace: line %d: %w: %w", t.line, err, errInvalid)
}

// Replay makes the node of a trace and applies all its Ops, telling fn of each and
// of the line on which it stands; fn may be nil, and an error of it ends the replay.
// Results that are errors do not. The node is returned as far as it came, also with
// an error, unless the beginning of the trace can't be read.
func Replay(ctx context.Context, r io.Reader, fn func(e *Engine, line int, o Op, result Result) error) (*Engine, error) {
	t, err := NewTraceReader(r)
	if err != nil {
		return nil, err
	}
	opts, err := t.Setup.Options()
	if err != nil {
		return nil, err
	}
	e, err := New(opts...)
	if err != nil {
		return nil, err
	}
	for {
		o, err := t.Read()
		if err == io.EOF {
			return e, nil
		} else if err != nil {
			return e, err
		}
		result := e.Apply(ctx, o)
		if fn != nil {
			if err := fn(e, t.Line(), o, result); err != nil {
				return e, err
			}
		}
	}
}
