package engine

import "github.com/holdfast-gc/holdfast/engine/backend"

// ContentBackend returns the content backend without its faults, for inspection. Callers must not write to it.
func (e *Engine) ContentBackend() *backend.Content { return e.current().content }

// SnapshotterBackend returns the backend of a snapshotter without its faults, for inspection. It returns nil if there is none.
// Callers must not write to it.
func (e *Engine) SnapshotterBackend(name string) *backend.Snapshotter {
	return e.current().snapshotter(name)
}
