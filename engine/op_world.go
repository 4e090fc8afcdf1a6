package engine

import (
	"fmt"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/gc"
)

// Arguments of the Ops on what is around the daemon.
type (
	// ClockAdvance moves the clock, back if By is negative.
	ClockAdvance struct{ By time.Duration }
	// ClockSet moves the clock to a time.
	ClockSet struct{ To time.Time }
	// FaultSet puts a fault into force.
	FaultSet struct {
		Name  string
		Fault Fault
	}
	// CollectorSet registers a Collector that goes by a script, or gives it another
	// one.
	CollectorSet struct {
		Type   uint8
		Script Script
	}
	// CollectorType names a Collector.
	CollectorType struct{ Type uint8 }
)

var worldRows = []row{
	around("clock.now", func(c *call, _ None) (any, error) { return c.node.clock.Now(), nil }),
	around("clock.next", func(c *call, _ None) (any, error) {
		if at, ok := c.node.clock.Next(); ok {
			return at, nil
		}
		return nil, nil
	}),
	around("clock.advance", func(c *call, a ClockAdvance) (any, error) {
		c.node.clock.Advance(a.By)
		return nil, nil
	}),
	around("clock.set", func(c *call, a ClockSet) (any, error) {
		c.node.clock.Set(a.To)
		return nil, nil
	}),

	around("node.kill", func(c *call, _ None) (any, error) {
		c.node.Kill()
		return nil, nil
	}),
	starts("node.restart", func(c *call) error { return c.node.Restart() }),
	starts("node.crash", func(c *call) error { return c.node.Crash() }),
	around("node.fork", func(c *call, a Named) (any, error) {
		if a.Name == "" {
			return nil, invalid("a fork must have a name")
		}
		if _, err := c.root.fork(a.Name); err == nil {
			return nil, fmt.Errorf("fork %q: %w", a.Name, errdefs.ErrAlreadyExists)
		}
		c.root.forks[a.Name] = c.node.Fork()
		return nil, nil
	}),
	around("node.drop", func(c *call, a Named) (any, error) {
		f, err := c.root.fork(a.Name)
		if err != nil {
			return nil, err
		}
		if f == c.root {
			return nil, invalid("only a fork can be dropped: name one")
		}
		f.Close()
		delete(c.root.forks, a.Name)
		return nil, nil
	}),

	around("faults.set", func(c *call, a FaultSet) (any, error) { return nil, c.node.SetFault(a.Name, a.Fault) }),
	around("faults.clear", func(c *call, a Named) (any, error) {
		c.node.ClearFault(a.Name)
		return nil, nil
	}),

	alone("collectors.set", func(c *call, a CollectorSet) (any, error) {
		return nil, c.node.SetScript(gc.ResourceType(a.Type), a.Script)
	}),
	around("collectors.get", func(c *call, a CollectorType) (any, error) {
		s, ok := c.node.ScriptOf(gc.ResourceType(a.Type))
		if !ok {
			return nil, fmt.Errorf("collector %d: no script: %w", a.Type, errdefs.ErrNotFound)
		}
		return s, nil
	}),
}
