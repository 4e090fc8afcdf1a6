//go:build !wasm

package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/containerd/log"

	"github.com/holdfast-gc/holdfast/engine"
)

// interval is the time between two looks at the schedule of a node with a real clock.
const interval = 50 * time.Millisecond

// A clock moves the clock of a node.
type clock struct {
	node *engine.Engine
	now  func() time.Time // nil: only callers move the clock

	recorder atomic.Pointer[engine.Recorder] // nil: the clock is not recorded

	mu    sync.Mutex
	ahead time.Duration // of the node's clock to now
}

// follow moves the node's clock forward to now.
func (c *clock) follow() {
	if c.now == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t := c.now().Add(c.ahead); t.After(c.node.Clock().Now()) {
		c.set(t)
	}
}

// moved remembers the difference between the clocks, after a caller has moved the node's clock.
func (c *clock) moved() {
	if c.now == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = c.node.Clock().Now().Sub(c.now())
}

func (c *clock) difference() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// run runs the schedule of the node until stop is closed.
func (c *clock) run(stop <-chan struct{}) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if !c.idle() {
				c.follow()
				c.runDue()
			}
		case <-stop:
			return
		}
	}
}

// runDue runs the steps of the schedule that are due, at most ten at once.
func (c *clock) runDue() {
	for range 10 {
		at, ok := c.node.Due()
		if !ok || at.After(c.node.Clock().Now()) || c.node.Down() {
			return
		}
		if err := c.runStep(context.Background()); err != nil {
			log.L.WithError(err).Warn("a scheduled collection failed")
		}
	}
}
