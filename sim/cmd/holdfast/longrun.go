package main

import (
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
)

// An interrupt records Ctrl-C for verbs that run for long: the first one asks the verb to stop and to print its results
// so far, the second one ends the process.
type interrupt struct {
	signals chan os.Signal
	seen    atomic.Bool
}

func newInterrupt() *interrupt {
	i := &interrupt{signals: make(chan os.Signal, 1)}
	signal.Notify(i.signals, os.Interrupt)
	return i
}

// requested reports whether the user has pressed Ctrl-C. Several goroutines may call it.
func (i *interrupt) requested() bool {
	select {
	case <-i.signals:
		i.seen.Store(true)
		i.stop()
	default:
	}
	return i.seen.Load()
}

// stop restores the system's handling of Ctrl-C.
func (i *interrupt) stop() { signal.Stop(i.signals) }

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
