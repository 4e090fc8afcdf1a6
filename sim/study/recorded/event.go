package recorded

import (
	"time"

	digest "github.com/opencontainers/go-digest"
)

// An Event is one line of the output of `ctr events`.
type Event struct {
	Line      int // from 1
	Time      time.Time
	Namespace string // of the event's envelope; in 1.6 it can differ from the namespace of the object
	Topic     string // "/images/create"

	// Body is the content of the event: *Namespace, *Image, *Blob, *Snapshot, *Container or *Task by its topic; nil for
	// topics that do not change stored objects.
	Body any
}

// A Namespace is the body of an event that creates, labels or deletes a namespace.
type Namespace struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

// An Image is the body of an event that creates, updates or deletes an image record. Events lack its target.
type Image struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"` // all labels after the event; nil for none, or if the event lacks them
}

// A Blob is the body of an event that commits or deletes a blob.
type Blob struct {
	Digest digest.Digest `json:"digest"`
	Size   int64         `json:"size"`
}

// A Snapshot is the body of an event that prepares, commits or removes a snapshot. Views have only the last event.
type Snapshot struct {
	Key         string `json:"key"`
	Parent      string `json:"parent"`
	Name        string `json:"name"`        // the name of the committed snapshot
	Snapshotter string `json:"snapshotter"` // "" in 1.6
}

// A Container is the body of an event that creates, updates or deletes a container.
type Container struct {
	ID          string            `json:"id"`
	Image       string            `json:"image"`
	Labels      map[string]string `json:"labels"`       // of an update
	SnapshotKey string            `json:"snapshot_key"` // of an update
	Runtime     struct {
		Name string `json:"name"`
	} `json:"runtime"`
}

// A Task is the body of an event of a running container. Such events can get lost.
type Task struct {
	ContainerID string `json:"container_id"`
	ID          string `json:"id"`
	PID         uint32 `json:"pid"`
	ExitStatus  uint32 `json:"exit_status"`
	ExitedAt    moment `json:"exited_at"`
}
