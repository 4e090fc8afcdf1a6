//go:build !wasm

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// WithRecording records from the first call on, as [Server.Record]. Forks do not inherit it.
func WithRecording(w io.Writer) Option { return func(o *options) { o.record = w } }

// A recording writes the trace of a server.
type recording struct {
	recorder *engine.Recorder
	to       traceWriter
	file     string // created by the control service; "" otherwise
	calls    int
	done     bool
}

// A traceWriter remembers the first error of a writer, and drops all further lines. So a full disk ends a trace, but
// not the calls of the clients. The recorder calls it one line at a time.
type traceWriter struct {
	io.Writer
	err error
}

func (w *traceWriter) Write(line []byte) (int, error) {
	if w.err == nil {
		_, w.err = w.Writer.Write(line)
	}
	return len(line), nil
}

// Record writes a trace of all further calls to w: those of clients, of the control service, and of the schedule.
// [engine.Replay] of the trace leaves the same state as the calls. [Server.StopRecording] or Close end it; the caller
// closes w afterwards. Calls to [Server.Node] are not recorded.
//
// A trace begins with a new node. If the node has been used, or was opened from a database, Record returns an error of
// class FailedPrecondition. Otherwise it restarts the daemon of the node: calls that are open fail with Unavailable.
//
// During a recording, calls run one after another, and a call that a client cancels still runs to its end.
func (s *Server) Record(w io.Writer) error {
	s.applying.Lock()
	defer s.applying.Unlock()
	return s.record(w, "", true)
}

// record begins a recording. The caller holds s.applying. Without a restart, there must have been no call.
func (s *Server) record(w io.Writer, file string, restart bool) error {
	if s.recording != nil && !s.recording.done {
		return fmt.Errorf("server: it records already; end that recording first: %w", errdefs.ErrFailedPrecondition)
	}
	if restart {
		// A first look at a copy, because the node itself must not restart for nothing.
		f := s.node.Fork()
		f.Kill()
		_, err := engine.RecordTo(f, io.Discard)
		f.Close()
		if err != nil {
			return fmt.Errorf("server: %w", err)
		}
		// Calls that have begun end here. All others go through the recorder.
		s.node.Kill()
	}
	r := &recording{to: traceWriter{Writer: w}, file: file}
	err := s.clock.still(func() (err error) {
		if r.recorder, err = engine.RecordTo(s.node, &r.to); err != nil {
			return err
		}
		s.recording = r
		s.table.Record(r.recorder)
		s.clock.recorder.Store(r.recorder)
		return nil
	})
	if restart {
		again := s.node.Restart
		if err == nil {
			again = r.recorder.Apply(context.Background(), engine.Op{Name: op.NodeRestart}).Err
		}
		err = errors.Join(err, again())
	}
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

// StopRecording ends the recording, and returns the number of calls in it. The error is the first of the writer, after
// which the trace has no further lines. Without a recording, it has the class FailedPrecondition.
func (s *Server) StopRecording() (calls int, err error) {
	s.applying.Lock()
	defer s.applying.Unlock()
	r, err := s.stopRecording()
	if err != nil {
		return 0, err
	}
	return r.calls, nil
}

// stopRecording ends the recording. The caller holds s.applying.
func (s *Server) stopRecording() (*recording, error) {
	r := s.recording
	if r == nil || r.done {
		return nil, fmt.Errorf("server: it does not record: %w", errdefs.ErrFailedPrecondition)
	}
	r.done = true
	s.table.Record(nil)
	s.clock.recorder.Store(nil)
	r.calls = r.recorder.Stop()
	err := r.to.err
	if f, ok := r.to.Writer.(*os.File); ok && r.file != "" {
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("server: the recording ended early: %w", err)
	}
	return r, nil
}

// recordFile begins a recording to a new file.
func (s *Server) recordFile(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("record to %q: must be an absolute path, because the server writes the file", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := s.record(f, path, true); err != nil {
		f.Close()
		os.Remove(path)
		return err
	}
	return nil
}

// apply applies an Op of the control service. The caller holds s.applying.
func (s *Server) apply(ctx context.Context, o engine.Op) engine.Result {
	// Writers that a recorder has opened use it also after the recording.
	if s.recording != nil {
		return s.recording.recorder.Apply(context.WithoutCancel(ctx), o)
	}
	return s.node.Apply(ctx, o)
}

// set moves the clock of the node.
func (c *clock) set(t time.Time) {
	if r := c.recorder.Load(); r != nil {
		r.Apply(context.Background(), engine.Op{Name: op.ClockSet, Args: op.ClockSetArgs{To: t}})
		return
	}
	c.node.Clock().Set(t)
}

// still calls fn while the clock does not follow now.
func (c *clock) still(fn func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fn()
}

// idle reports whether a recording can wait with the next time: a schedule with nothing due needs no line.
func (c *clock) idle() bool {
	if c.recorder.Load() == nil {
		return false
	}
	at, ok := c.node.Due()
	return !ok || at.After(c.now().Add(c.difference()))
}

// runStep runs one step of the schedule.
func (c *clock) runStep(ctx context.Context) error {
	run := c.node.RunDue
	if r := c.recorder.Load(); r != nil {
		run = r.RunDue
	}
	_, _, err := run(ctx)
	return err
}
