package proptest

import (
	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A view presents a system to the oracle.
type view struct {
	system System
	clock  engine.Clock
}

func (v *view) KV() *memkv.DB                    { return stateOf(v.system).Metadata }
func (v *view) ContentBackend() *backend.Content { return stateOf(v.system).Content }
func (v *view) Down() bool                       { return stateOf(v.system).Down }

func (v *view) Clock() *engine.Clock {
	v.clock.Set(stateOf(v.system).Now)
	return &v.clock
}

func (v *view) SnapshotterBackend(name string) *backend.Snapshotter {
	if s := stateOf(v.system).Snapshots[name]; s != nil {
		return s
	}
	return backend.NewSnapshotter(v.clock.Now, "")
}

// Forked returns nil, because histories have no Ops on forks.
func (v *view) Forked(string) *engine.Engine { return nil }

// ScriptOf returns the script of a Collector. It is false if there is none, or the system has no scripts.
func (v *view) ScriptOf(t gc.ResourceType) (engine.Script, bool) {
	script, ok := v.system.Apply(engine.Op{Name: "collectors.get", Args: engine.CollectorType{Type: uint8(t)}}).Value.(engine.Script)
	return script, ok
}
