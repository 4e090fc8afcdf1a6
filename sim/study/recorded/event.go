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

// A Namespace was made, labelled or deleted.
type Namespace struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"`
}

// An Image record was made, updated or deleted. Its target is never told.
type Image struct {
	Name   string            `json:"name"`
	Labels map[string]string `json:"labels"` // all that it has now; nil for none, or not told
}

// A Blob was committed or deleted.
type Blob struct {
	Digest digest.Digest `json:"digest"`
	Size   int64         `json:"size"`
}

// A Snapshot was prepared, committed or removed. Views are told of when they are removed.
type Snapshot struct {
	Key         string `json:"key"`
	Parent      string `json:"parent"`
	Name        string `json:"name"`        // the name of the committed snapshot
	Snapshotter string `json:"snapshotter"` // "" in 1.6
}

// A Container was made, updated or deleted.
type Container struct {
	ID          string            `json:"id"`
	Image       string            `json:"image"`
	Labels      map[string]string `json:"labels"`       // of an update
	SnapshotKey string            `json:"snapshot_key"` // of an update
	Runtime     struct {
		Name string `json:"name"`
	} `json:"runtime"`
}

// A Task is a running container. Its events can get lost.
type Task struct {
	ContainerID string `json:"container_id"`
	ID          string `json:"id"`
	PID         uint32 `json:"pid"`
	ExitStatus  uint32 `json:"exit_status"`
	ExitedAt    moment `json:"exited_at"`
}
