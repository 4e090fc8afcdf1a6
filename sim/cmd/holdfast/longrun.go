package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"
)

// errInterrupted is returned by a verb that stopped because of Ctrl-C. It may have printed its results so far.
var errInterrupted = errors.New("interrupted")

// An interrupt handles Ctrl-C. It ends the process with [exitInterrupted], unless a verb has called graceful: then the
// first Ctrl-C asks the verb to stop, and the second one ends the process.
//
// Invariant: if ctx is done, the user has pressed Ctrl-C, or run has returned.
type interrupt struct {
	signals  chan os.Signal
	ctx      context.Context
	cancel   context.CancelFunc
	patient  atomic.Bool // the verb stops by itself when ctx is done
	exit     func(code int)
	finished chan struct{} // closed when the goroutine has ended
}

func newInterrupt(exit func(code int)) *interrupt {
	i := &interrupt{signals: make(chan os.Signal, 1), exit: exit, finished: make(chan struct{})}
	i.ctx, i.cancel = context.WithCancel(context.Background())
	signal.Notify(i.signals, os.Interrupt)
	go i.watch()
	return i
}

func (i *interrupt) watch() {
	defer close(i.finished)
	for range i.signals {
		if !i.patient.Load() || i.requested() {
			i.exit(exitInterrupted)
		}
		i.cancel()
	}
}

// graceful announces that the verb stops when requested returns true, or ctx is done, until the returned function is
// called.
func (i *interrupt) graceful() (end func()) {
	i.patient.Store(true)
	return func() { i.patient.Store(false) }
}

// drain is graceful for SIGTERM also, which systemd and Kubernetes send: it works like Ctrl-C from now on, until stop.
func (i *interrupt) drain() (end func()) {
	end = i.graceful()
	signal.Notify(i.signals, syscall.SIGTERM)
	return end
}

// requested reports whether the user has pressed Ctrl-C, or a verb that drains has received SIGTERM. Several goroutines
// may call it.
func (i *interrupt) requested() bool { return i.ctx.Err() != nil }

// stop restores the system's handling of Ctrl-C. No method may be called after it.
func (i *interrupt) stop() {
	signal.Stop(i.signals)
	close(i.signals)
	<-i.finished
	i.cancel()
}

// raiseGCPercent makes Go collect its own garbage less often, unless the environment sets GOGC, and returns a function
// that undoes it. Simulations produce much garbage and keep little: with Go's default a quarter of their time goes to
// collections, for a few megabytes.
func raiseGCPercent() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	old := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(old) }
}
