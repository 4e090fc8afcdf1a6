//go:build !wasm

package events

import (
	"github.com/containerd/containerd/api/events"
	core "github.com/containerd/containerd/v2/core/events"
)

type (
	// Event is one of the types below, or of another publisher's.
	Event = core.Event
	// Publisher is told what happens.
	Publisher = core.Publisher

	// ImageCreate: an image was made.
	ImageCreate = events.ImageCreate
	// ImageUpdate: an image was changed.
	ImageUpdate = events.ImageUpdate
	// ImageDelete: an image was deleted or collected.
	ImageDelete = events.ImageDelete
	// ContentCreate: a blob was committed.
	ContentCreate = events.ContentCreate
	// ContentDelete: a blob was deleted.
	ContentDelete = events.ContentDelete
	// SnapshotPrepare: an active snapshot was made.
	SnapshotPrepare = events.SnapshotPrepare
	// SnapshotCommit: an active snapshot became a committed one.
	SnapshotCommit = events.SnapshotCommit
	// SnapshotRemove: a snapshot was removed or collected.
	SnapshotRemove = events.SnapshotRemove
)
