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

// A TraceWriter writes a trace: a Setup, and then one Op a line.
type TraceWriter struct{ w io.Writer }

// NewTraceWriter begins a trace, and sets its version.
func NewTraceWriter(w io.Writer, s Setup) (*TraceWriter, error) {
	s.Holdfast = op.Version
	line, err := wire.AppendObject(nil, s)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return &TraceWriter{w}, err
}

// Write appends an Op.
func (t *TraceWriter) Write(o Op) error {
	line, err := o.MarshalJSON()
	if err != nil {
		return fmt.Errorf("trace: %s: %w", o.Name, err)
	}
	_, err = t.w.Write(append(line, '\n'))
	return err
}

// lineMax is the maximum length of a line in bytes.
const lineMax = 64 << 20

// A TraceReader reads a trace. It skips empty lines and lines that begin with #.
type TraceReader struct {
	// Setup is the first line of the trace.
	Setup Setup

	lines *bufio.Scanner
	line  int
}

// NewTraceReader reads the first line of a trace.
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

// Read returns the next Op, and io.EOF after the last one. Other errors name the line.
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

// Line returns the number of the last line that was read.
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

// Replay makes the node of a trace and applies its Ops. It calls fn, if not nil, with each Op, its line and its result.
// An error of fn ends the replay; a result that is an error does not. Replay returns the node in its last state even
// with an error, unless the first line cannot be read.
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
