//go:build wasm

package events

import "context"

// Event is one of the event types below, or an event of another program.
type Event any

// Publisher receives events. topic is a path, for example "/images/delete".
type Publisher interface {
	Publish(ctx context.Context, topic string, event Event) error
}

// ImageCreate reports that an image was created.
type ImageCreate struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// ImageUpdate reports that an image was changed.
type ImageUpdate struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// ImageDelete reports that an image was deleted or collected.
type ImageDelete struct {
	Name string `json:"name,omitempty"`
}

// ContentCreate reports that a blob was committed.
type ContentCreate struct {
	Digest    string `json:"digest,omitempty"`
	Size      int64  `json:"size,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
}

// ContentDelete reports that a blob was deleted.
type ContentDelete struct {
	Digest string `json:"digest,omitempty"`
}

// SnapshotPrepare reports that an active snapshot was created.
type SnapshotPrepare struct {
	Key         string `json:"key,omitempty"`
	Parent      string `json:"parent,omitempty"`
	Snapshotter string `json:"snapshotter,omitempty"`
}

// SnapshotCommit reports that the active snapshot Key was committed as Name.
type SnapshotCommit struct {
	Key         string `json:"key,omitempty"`
	Name        string `json:"name,omitempty"`
	Snapshotter string `json:"snapshotter,omitempty"`
}

// SnapshotRemove reports that a snapshot was removed or collected.
type SnapshotRemove struct {
	Key         string `json:"key,omitempty"`
	Snapshotter string `json:"snapshotter,omitempty"`
}
