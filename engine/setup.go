package engine

import (
	"time"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A Setup is the first line of a trace. It describes the node for the Ops, and has the options that can be written
// down.
type Setup struct {
	Holdfast     uint32   // op.Version
	Rules        string   // version of containerd; "" is the newest known version
	Snapshotters []string // nil is "overlayfs" and "native"
	Isolated     bool
	CleanupOnce  bool
	NamedParts   bool // see WithNamedParts
	Seed         uint64
	Start        *time.Time         // nil is Start
	Schedule     *schedule.Settings // of containerd's scheduler; nil for its defaults
	Unscheduled  bool               // no automatic collections
	Turns        bool               // calls may stay pending: see WithTurns
}

// Options returns the options for that node. It fails if the version of the trace or of containerd is unknown.
func (s Setup) Options() ([]Option, error) {
	if s.Holdfast != op.Version {
		return nil, invalid("a trace of version %d: only version %d is known", s.Holdfast, op.Version)
	}
	opts := []Option{WithSeed(s.Seed)}
	if s.Rules != "" {
		v, err := metadata.ParseVersion(s.Rules)
		if err != nil {
			return nil, err
		}
		opts = append(opts, WithRules(v))
	}
	if s.Snapshotters != nil {
		opts = append(opts, WithSnapshotters(s.Snapshotters...))
	}
	if s.Isolated {
		opts = append(opts, WithPolicyIsolated())
	}
	if s.CleanupOnce {
		opts = append(opts, WithCleanupOnce())
	}
	if s.NamedParts {
		opts = append(opts, WithNamedParts())
	}
	if s.Start != nil {
		opts = append(opts, WithStart(*s.Start))
	}
	if s.Turns {
		opts = append(opts, WithTurns())
	}
	switch {
	case s.Unscheduled:
		opts = append(opts, WithoutSchedule())
	case s.Schedule != nil:
		opts = append(opts, WithSettings(*s.Schedule))
	}
	return opts, nil
}
