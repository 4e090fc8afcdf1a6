//go:build wasm

package snapshots

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"
)

// Snapshotter allocates, snapshots and mounts file systems.
type Snapshotter interface {
	Stat(ctx context.Context, key string) (Info, error)
	Update(ctx context.Context, info Info, fieldpaths ...string) (Info, error)
	Usage(ctx context.Context, key string) (Usage, error)
	Mounts(ctx context.Context, key string) ([]Mount, error)
	Prepare(ctx context.Context, key, parent string, opts ...Opt) ([]Mount, error)
	View(ctx context.Context, key, parent string, opts ...Opt) ([]Mount, error)
	Commit(ctx context.Context, name, key string, opts ...Opt) error
	Remove(ctx context.Context, key string) error
	Walk(ctx context.Context, fn WalkFunc, filters ...string) error
	Close() error
}

// Cleaner is a Snapshotter whose Remove defers freeing disk space to Cleanup.
type Cleaner interface {
	Cleanup(ctx context.Context) error
}

// Info is the record of a snapshot.
type Info struct {
	Kind    Kind
	Name    string
	Parent  string            `json:",omitempty"`
	Labels  map[string]string `json:",omitempty"`
	Created time.Time
	Updated time.Time
}

// Usage is the disk space in bytes and the inodes of one snapshot, without its parents.
type Usage struct {
	Inodes int64
	Size   int64
}

// Add adds other to u.
func (u *Usage) Add(other Usage) {
	u.Inodes += other.Inodes
	u.Size += other.Size
}

// WalkFunc is the callback of Walk. An error ends the walk.
type WalkFunc func(context.Context, Info) error

// Opt is an option of Prepare, View and Commit.
type Opt func(info *Info) error

// Mount describes a mount of a file system.
type Mount struct {
	Type    string
	Source  string
	Target  string
	Options []string
}

// Kind is the kind of a snapshot: active, view or committed.
type Kind uint8

// The kinds of snapshots.
const (
	KindUnknown Kind = iota
	KindView
	KindActive
	KindCommitted
)

var kindNames = [...]string{"Unknown", "View", "Active", "Committed"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return kindNames[KindUnknown]
}

// MarshalJSON encodes the kind's name.
func (k Kind) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// UnmarshalJSON decodes a kind's name as ParseKind does.
func (k *Kind) UnmarshalJSON(b []byte) error {
	var name string
	if err := json.Unmarshal(b, &name); err != nil {
		return err
	}
	*k = ParseKind(name)
	return nil
}

// ParseKind returns the kind with the given name, ignoring case, or KindUnknown.
func ParseKind(s string) Kind {
	for k, name := range kindNames {
		if strings.ToLower(s) == strings.ToLower(name) {
			return Kind(k)
		}
	}
	return KindUnknown
}

// Label names that clients and snapshotters share.
const (
	UnpackKeyPrefix         = "extract"
	UnpackKeyFormat         = UnpackKeyPrefix + "-%s %s"
	LabelSnapshotRef        = "containerd.io/snapshot.ref"
	LabelSnapshotDiffID     = inheritedPrefix + "diff-id"
	LabelSnapshotUIDMapping = inheritedPrefix + "uidmapping"
	LabelSnapshotGIDMapping = inheritedPrefix + "gidmapping"
	LabelSnapshotMaxSize    = inheritedPrefix + "max-size"
	RebaseCap               = "rebase"

	inheritedPrefix = "containerd.io/snapshot/"
)

// WithLabels adds labels to the new snapshot.
func WithLabels(labels map[string]string) Opt {
	return func(info *Info) error {
		if info.Labels == nil {
			info.Labels = make(map[string]string, len(labels))
		}
		maps.Copy(info.Labels, labels)
		return nil
	}
}

// WithParent sets the parent of the committed snapshot.
func WithParent(parent string) Opt {
	return func(info *Info) error {
		info.Parent = parent
		return nil
	}
}

// FilterInheritedLabels returns a new map of the labels that a snapshotter backend inherits. It returns nil for nil.
func FilterInheritedLabels(labels map[string]string) map[string]string {
	if labels == nil {
		return nil
	}
	inherited := map[string]string{}
	for name, value := range labels {
		if name == LabelSnapshotRef || strings.HasPrefix(name, inheritedPrefix) {
			inherited[name] = value
		}
	}
	return inherited
}
