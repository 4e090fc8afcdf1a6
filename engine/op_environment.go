package engine

import (
	"fmt"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata/content"
)

func environmentOps() map[op.Name]implementation {
	return map[op.Name]implementation{
		op.ContentPlace: implement(place),
		op.SnapshotsSetUsage: implement(func(c *call, a op.SnapshotsSetUsageArgs) (any, error) {
			return nil, c.node.SetUsage(c.ctx, a.Snapshotter, a.Key, a.Usage)
		}),

		op.ClockNow: implement(func(c *call, _ op.None) (any, error) { return c.node.clock.Now(), nil }),
		op.ClockNext: implement(func(c *call, _ op.None) (any, error) {
			if at, ok := c.node.clock.Next(); ok {
				return at, nil
			}
			return nil, nil
		}),
		op.ClockAdvance: implement(func(c *call, a op.ClockAdvanceArgs) (any, error) {
			c.node.clock.Advance(a.By)
			return nil, nil
		}),
		op.ClockSet: implement(func(c *call, a op.ClockSetArgs) (any, error) {
			c.node.clock.Set(a.To)
			return nil, nil
		}),

		op.NodeKill: implement(func(c *call, _ op.None) (any, error) {
			c.node.Kill()
			return nil, nil
		}),
		op.NodeRestart: implement(func(c *call, _ op.None) (any, error) { return nil, c.node.restart(c.ctx) }),
		op.NodeCrash:   implement(func(c *call, _ op.None) (any, error) { return nil, c.node.restart(c.ctx) }),
		op.NodeFork: implement(func(c *call, a op.Named) (any, error) {
			if a.Name == "" {
				return nil, invalid("a fork must have a name")
			}
			if _, err := c.root.fork(a.Name); err == nil {
				return nil, fmt.Errorf("fork %q: %w", a.Name, errdefs.ErrAlreadyExists)
			}
			c.root.forks[a.Name] = c.node.Fork()
			return nil, nil
		}),
		op.NodeDrop: implement(func(c *call, a op.Named) (any, error) {
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

		op.FaultsSet: implement(func(c *call, a op.FaultsSetArgs) (any, error) { return nil, c.node.SetFault(a.Name, a.Fault) }),
		op.FaultsClear: implement(func(c *call, a op.Named) (any, error) {
			c.node.ClearFault(a.Name)
			return nil, nil
		}),

		op.CollectorsSet: implement(func(c *call, a op.CollectorsSetArgs) (any, error) {
			return nil, c.node.SetScript(gc.ResourceType(a.Type), a.Script)
		}),
		op.CollectorsGet: implement(func(c *call, a op.CollectorsGetArgs) (any, error) {
			s, ok := c.node.ScriptOf(gc.ResourceType(a.Type))
			if !ok {
				return nil, fmt.Errorf("collector %d: no script: %w", a.Type, errdefs.ErrNotFound)
			}
			return s, nil
		}),
	}
}

// place adds a blob without content to the content backend.
func place(c *call, a op.ContentPlaceArgs) (any, error) {
	if err := a.Digest.Validate(); err != nil {
		return nil, invalid("digest %q: %v", a.Digest, err)
	}
	if a.Size < 0 {
		return nil, invalid("size %d can't be negative", a.Size)
	}
	b := c.node.ContentBackend()
	if _, err := b.Info(c.ctx, a.Digest); err == nil {
		return nil, fmt.Errorf("content %q: %w", a.Digest, errdefs.ErrAlreadyExists)
	}
	now := c.node.clock.Now()
	b.Place(content.Info{Digest: a.Digest, Size: a.Size, CreatedAt: now, UpdatedAt: now})
	return nil, nil
}
