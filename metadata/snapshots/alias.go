//go:build !wasm

package snapshots

import (
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
)

type (
	// Snapshotter allocates, snapshots and mounts file systems.
	Snapshotter = snapshots.Snapshotter
	// Cleaner is a Snapshotter that removes first and frees what the removed
	// took up later.
	Cleaner = snapshots.Cleaner
	// Info describes one snapshot.
	Info = snapshots.Info
	// Kind says whether a snapshot is active, a view or committed.
	Kind = snapshots.Kind
	// Usage is what one snapshot takes up without its parents.
	Usage = snapshots.Usage
	// WalkFunc is called for each snapshot of a walk.
	WalkFunc = snapshots.WalkFunc
	// Opt sets a property of a snapshot that is being made.
	Opt = snapshots.Opt
	// Mount says how to mount a file system.
	Mount = mount.Mount
)

// The kinds of snapshots.
const (
	KindUnknown   = snapshots.KindUnknown
	KindView      = snapshots.KindView
	KindActive    = snapshots.KindActive
	KindCommitted = snapshots.KindCommitted
)

// Names that clients and snapshotters agree on.
const (
	UnpackKeyPrefix         = snapshots.UnpackKeyPrefix
	UnpackKeyFormat         = snapshots.UnpackKeyFormat
	LabelSnapshotRef        = snapshots.LabelSnapshotRef
	LabelSnapshotDiffID     = snapshots.LabelSnapshotDiffID
	LabelSnapshotUIDMapping = snapshots.LabelSnapshotUIDMapping
	LabelSnapshotGIDMapping = snapshots.LabelSnapshotGIDMapping
	LabelSnapshotMaxSize    = snapshots.LabelSnapshotMaxSize
	RebaseCap               = snapshots.RebaseCap
)

// ParseKind returns the kind of that name, in any case, or KindUnknown.
func ParseKind(s string) Kind { return snapshots.ParseKind(s) }

// WithLabels adds labels to a snapshot that is being made.
func WithLabels(labels map[string]string) Opt { return snapshots.WithLabels(labels) }

// WithParent sets the parent of a snapshot that is being committed.
func WithParent(parent string) Opt { return snapshots.WithParent(parent) }

// FilterInheritedLabels returns, in a map of its own, those labels that a
// snapshotter backend is told about. It returns nil for nil.
func FilterInheritedLabels(labels map[string]string) map[string]string {
	return snapshots.FilterInheritedLabels(labels)
}
