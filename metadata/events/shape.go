//go:build wasm

package events

import "context"

// Event is one of the types below, or of another publisher's.
type Event any

// Publisher is told what happens.
type Publisher interface {
	Publish(ctx context.Context, topic string, event Event) error
}

// ImageCreate: an image was made.
type ImageCreate struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// ImageUpdate: an image was changed.
type ImageUpdate struct {
	Name   string            `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// ImageDelete: an image was deleted or collected.
type ImageDelete struct {
	Name string `json:"name,omitempty"`
}

// ContentCreate: a blob was committed.
type ContentCreate struct {
	Digest    string `json:"digest,omitempty"`
	Size      int64  `json:"size,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
}

// ContentDelete: a blob was deleted.
type ContentDelete struct {
	Digest string `json:"digest,omitempty"`
}

// SnapshotPrepare: an active snapshot was made.
type SnapshotPrepare struct {
	Key         string `json:"key,omitempty"`
	Parent      string `json:"parent,omitempty"`
	Snapshotter string `json:"snapshotter,omitempty"`
}

// SnapshotCommit: an active snapshot became a committed one.
type SnapshotCommit struct {
	Key         string `json:"key,omitempty"`
	Name        string `json:"name,omitempty"`
	Snapshotter string `json:"snapshotter,omitempty"`
}

// SnapshotRemove: a snapshot was removed or collected.
type SnapshotRemove struct {
	Key         string `json:"key,omitempty"`
	Snapshotter string `json:"snapshotter,omitempty"`
}
