package parity

import (
	"slices"
	"strings"
)

// A difference is a deliberate one. It explains a mismatch in one facet of a call.
type difference struct {
	id      string // as in RATIONALE.md
	why     string
	explain func(c call, facet string, theirs, ours outcome) bool
	ends    bool // the nodes have different states afterwards, so the history ends
}

var differences = []difference{
	{
		id:  "arguments-untouched",
		why: "containerd deletes entries with empty values from the caller's maps, and adds other entries; holdfast does not modify them",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "args" && ours.Args == render(c.Op)
		},
	},
	{
		id:  "utc-writer-status",
		why: "a writer that shares the blob of another namespace returns times in UTC, like all other calls; containerd returns them in the local zone",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "value" && strings.ReplaceAll(theirs.Value, " Local", " UTC") == ours.Value
		},
	},
	{
		id:  "no-half-written-records",
		why: "if a record cannot be stored, nothing of it is stored; containerd leaves the fields before the failure in the caller's transaction",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "open transaction" && (unstorable[ours.Class] ||
				ours.Class == "other" && strings.Contains(theirs.err.Error(), "UTF-8"))
		},
	},
	{
		id:  "first-complaint",
		why: "if two parts of a record cannot be stored, the error is about the one that is written first, and the order differs",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "class" && unstorable[theirs.Class] && unstorable[ours.Class]
		},
	},
	{
		id:  "empty-name",
		why: "deleting the bucket with an empty name from an empty bucket is IncompatibleValue in bbolt, and NotFound in memkv",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "class" && theirs.Class == "IncompatibleValue" && ours.Class == "NotFound" &&
				slices.Contains([]op{leaseDelete{}, leaseDelete{Synchronous: true}, containerDelete{}, imageDelete{}, sandboxDelete{}}, c.Op)
		},
	},
	{
		id:  "namespace-delete-before-all",
		why: "deleting a namespace of an empty database is NotFound; containerd panics",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(namespaceDelete)
			return ok && theirs.Panic != "" && ours.Class == "NotFound"
		},
	},
	{
		id:  "snapshotter-cleanup",
		why: "our snapshotter has the method Cleanup of the backend; containerd's hides it",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(snapshotCleanup)
			return ok
		},
	},
	{
		id:  "walk-one-state",
		why: "a walk over snapshots sees the state at its beginning; containerd's sees changes after every 100 snapshots",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(snapshotWalkRemoving)
			return ok && facet == "value" && len(theirs.Value) < len(ours.Value)
		},
	},
	{
		id:  "cleanup-order",
		why: "the clean-up of a backend removes objects in the order of their names; containerd's in the order of the backend's walk",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(collect)
			return ok && (facet == "content" || strings.HasPrefix(facet, "snapshotter ")) &&
				slices.Equal(slices.Sorted(slices.Values(theirs.Streams[facet])), slices.Sorted(slices.Values(ours.Streams[facet])))
		},
	},
	{
		id: "bytes-before-record",
		why: "a writer that shares the blob of another namespace checks at the commit that the backend has the blob; " +
			"containerd may create a record without a blob",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(writerCommit)
			return ok && ours.err != nil && strings.Contains(ours.err.Error(), "of another namespace")
		},
	},
	{
		id:   "undated-sandbox",
		why:  "a sandbox without a time of creation after a migration can be updated; containerd refuses the update with InvalidArgument",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(sandboxUpdate)
			return ok && theirs.Class == "InvalidArgument" && strings.Contains(theirs.err.Error(), "creation date must not be zero")
		},
	},
	{
		id:   "malformed-snapshot-reference",
		why:  "a collector's reference to a snapshot without a snapshotter refers to nothing; containerd's collection fails",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(collect)
			return ok && theirs.err != nil && strings.Contains(theirs.err.Error(), "invalid snapshot gc key")
		},
	},
	{
		id:   "misplaced-snapshots",
		why:  "garbage of a snapshotter with a slash in its name does not mark the snapshotter named before the slash as dirty",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			const beforeSlash = "snapshotter native"
			_, ok := c.Op.(collect)
			return ok && (facet == beforeSlash && len(ours.Streams[beforeSlash]) == 0 ||
				facet == "value" && strings.Contains(theirs.Value, `"native":`) && !strings.Contains(ours.Value, `"native":`))
		},
	},
	{
		id: "dirty-until-clean",
		why: "a backend is cleaned after Init, after a failed clean-up, and after a call that may have left orphans; " +
			"containerd does not clean it in these cases",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(collect)
			return ok && (len(theirs.Streams[facet]) == 0 && len(ours.Streams[facet]) > 0 ||
				facet == "value" && len(theirs.Value) < len(ours.Value))
		},
	},
}

// unstorable are the classes of errors for keys that the database rejects.
var unstorable = map[string]bool{"KeyRequired": true, "KeyTooLarge": true, "BucketNameRequired": true}

// explain returns the difference that explains a mismatch, or nil.
func explain(c call, facet string, theirs, ours outcome) *difference {
	for i := range differences {
		if d := &differences[i]; d.explain(c, facet, theirs, ours) {
			return d
		}
	}
	return nil
}
