//go:build !wasm

package snapshots

import (
	"github.com/containerd/containerd/v2/core/mount"
	"github.com/containerd/containerd/v2/core/snapshots"
)

type (
	// Snapshotter allocates, snapshots and mounts file systems.
	Snapshotter = snapshots.Snapshotter
	// Cleaner is a Snapshotter whose Remove defers freeing disk space to Cleanup.
	Cleaner = snapshots.Cleaner
	// Info is the record of a snapshot.
	Info = snapshots.Info
	// Kind is the kind of a snapshot: active, view or committed.
	Kind = snapshots.Kind
	// Usage is the disk space in bytes and the inodes of one snapshot, without its parents.
	Usage = snapshots.Usage
	// WalkFunc is the callback of Walk. An error ends the walk.
	WalkFunc = snapshots.WalkFunc
	// Opt is an option of Prepare, View and Commit.
	Opt = snapshots.Opt
	// Mount describes a mount of a file system.
	Mount = mount.Mount
)

// The kinds of snapshots.
const (
	KindUnknown   = snapshots.KindUnknown
	KindView      = snapshots.KindView
	KindActive    = snapshots.KindActive
	KindCommitted = snapshots.KindCommitted
)

// Label names that clients and snapshotters share.
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

// ParseKind returns the kind with the given name, ignoring case, or KindUnknown.
func ParseKind(s string) Kind { return snapshots.ParseKind(s) }

// WithLabels adds labels to the new snapshot.
func WithLabels(labels map[string]string) Opt { return snapshots.WithLabels(labels) }

// WithParent sets the parent of the committed snapshot.
func WithParent(parent string) Opt { return snapshots.WithParent(parent) }

// FilterInheritedLabels returns a new map of the labels that a snapshotter backend inherits. It returns nil for nil.
func FilterInheritedLabels(labels map[string]string) map[string]string {
	return snapshots.FilterInheritedLabels(labels)
}
