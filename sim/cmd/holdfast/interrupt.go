package main

import (
	"os"
	"os/signal"
	"sync/atomic"
)

// An interrupt is what the user says by Ctrl-C: to come to an end and tell what is known so far. Said once more, it ends
// the program.
type interrupt struct {
	signals chan os.Signal
	seen    atomic.Bool
}

func newInterrupt() *interrupt {
	i := &interrupt{signals: make(chan os.Signal, 1)}
	signal.Notify(i.signals, os.Interrupt)
	return i
}

// came reports whether it was said by now. It may be asked by several goroutines.
func (i *interrupt) came() bool {
	select {
	case <-i.signals:
		i.seen.Store(true)
		i.end()
	default:
	}
	return i.seen.Load()
}

// end leaves the next one to the system.
func (i *interrupt) end() { signal.Stop(i.signals) }
