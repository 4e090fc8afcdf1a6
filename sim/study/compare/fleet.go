package compare

import (
	"fmt"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
)

// An Origin is the initial state of a node. A study forks the engine and does not change it.
type Origin struct {
	Engine *engine.Engine
	Name   string // for the report
}

// origin is an initial state as cells need it. Invariant: engine and state are both nil, for an empty node, or neither.
type origin struct {
	engine *engine.Engine
	name   string
	state  *nodeState
	start  time.Time
}

// readOrigins reads the states in From or Fleet. Without them, nodes start empty.
func (p *plan) readOrigins() (list []origin, err error) {
	fleet := p.Fleet
	switch {
	case p.From != nil && len(fleet) > 0:
		return nil, invalid("a database and a fleet cannot be combined")
	case p.From != nil:
		fleet = []Origin{{p.From, p.FromName}}
	case len(fleet) == 0:
		return []origin{{start: engine.Start}}, nil
	}
	for _, f := range fleet {
		o := origin{engine: f.Engine, name: f.Name, start: f.Engine.Clock().Now()}
		if o.state, err = readState(f.Engine, p.profile.Images.Compression.Median()); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		list = append(list, o)
	}
	return list, nil
}

// originNames names the databases for a title.
func (p *plan) originNames() string {
	first := p.origins[0].name
	if len(p.origins) == 1 {
		return first
	}
	return fmt.Sprintf("%d databases, from %s to %s", len(p.origins), first, p.origins[len(p.origins)-1].name)
}

// nodeNames returns the name of each node's initial state, or nil if all have the same.
func (p *plan) nodeNames() (names []string) {
	if len(p.origins) == 1 {
		return nil
	}
	for i := range p.Seeds {
		names = append(names, p.origins[i%len(p.origins)].name)
	}
	return names
}
