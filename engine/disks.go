package engine

import "github.com/holdfast-gc/holdfast/engine/backend"

// ContentBackend returns what is below the content store, to be looked at past
// all faults. Nothing should be written to it.
func (e *Engine) ContentBackend() *backend.Content { return e.current().content }

// SnapshotterBackend returns what is below the snapshotter of that name, to be
// looked at past all faults; nil if there is none. Nothing should be written to it.
func (e *Engine) SnapshotterBackend(name string) *backend.Snapshotter {
	return e.current().snapshotter(name)
}
