//go:build !wasm

package events

import (
	"github.com/containerd/containerd/api/events"
	core "github.com/containerd/containerd/v2/core/events"
)

type (
	// Event is one of the event types below, or an event of another program.
	Event = core.Event
	// Publisher receives events. topic is a path, for example "/images/delete".
	Publisher = core.Publisher

	// ImageCreate reports that an image was created.
	ImageCreate = events.ImageCreate
	// ImageUpdate reports that an image was changed.
	ImageUpdate = events.ImageUpdate
	// ImageDelete reports that an image was deleted or collected.
	ImageDelete = events.ImageDelete
	// ContentCreate reports that a blob was committed.
	ContentCreate = events.ContentCreate
	// ContentDelete reports that a blob was deleted.
	ContentDelete = events.ContentDelete
	// SnapshotPrepare reports that an active snapshot was created.
	SnapshotPrepare = events.SnapshotPrepare
	// SnapshotCommit reports that the active snapshot Key was committed as Name.
	SnapshotCommit = events.SnapshotCommit
	// SnapshotRemove reports that a snapshot was removed or collected.
	SnapshotRemove = events.SnapshotRemove
)
