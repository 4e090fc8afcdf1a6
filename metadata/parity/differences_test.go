package parity

import (
	"slices"
	"strings"
)

// A difference is one that is meant. It explains a mismatch in one facet of one
// call.
type difference struct {
	id      string
	why     string
	explain func(c call, facet string, theirs, ours outcome) bool
	ends    bool // after it the two nodes are in different states, so that the history is over
}

var differences = []difference{
	{
		id:  "arguments-untouched",
		why: "containerd deletes the entries with empty values from the maps that it is given, and adds others; a caller's map is the caller's",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "args" && ours.Args == render(c.Op)
		},
	},
	{
		id:  "utc-writer-status",
		why: "a writer that stands for another namespace's blob tells its times in UTC, as all other times are told, and not in the local zone",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "value" && strings.ReplaceAll(theirs.Value, " Local", " UTC") == ours.Value
		},
	},
	{
		id:  "no-half-written-records",
		why: "a record that cannot be stored is not stored at all; containerd leaves in the caller's transaction what it wrote of it until it failed",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "open transaction" && (unstorable[ours.Class] ||
				ours.Class == "other" && strings.Contains(theirs.err.Error(), "UTF-8"))
		},
	},
	{
		id:  "first-complaint",
		why: "of two parts of a record that cannot be stored, which one the error is about depends on the order in which they are written",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "class" && unstorable[theirs.Class] && unstorable[ours.Class]
		},
	},
	{
		id:  "empty-name",
		why: "to delete a bucket without a name from an empty bucket is an incompatible value in bbolt, and not found in memkv",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			return facet == "class" && theirs.Class == "IncompatibleValue" && ours.Class == "NotFound" &&
				slices.Contains([]op{leaseDelete{}, leaseDelete{Synchronous: true}, containerDelete{}, imageDelete{}, sandboxDelete{}}, c.Op)
		},
	},
	{
		id:  "namespace-delete-before-all",
		why: "to delete a namespace when nothing was ever stored is not found; containerd panics",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(namespaceDelete)
			return ok && theirs.Panic != "" && ours.Class == "NotFound"
		},
	},
	{
		id:  "snapshotter-cleanup",
		why: "a snapshotter of ours can be asked for the backend's clean-up, which containerd's hides",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(snapshotCleanup)
			return ok
		},
	},
	{
		id:  "walk-one-state",
		why: "a walk over snapshots goes over those that there were when it began; containerd's sees changes from each hundredth on",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(snapshotWalkRemoving)
			return ok && facet == "value" && len(theirs.Value) < len(ours.Value)
		},
	},
	{
		id:  "cleanup-order",
		why: "the clean-up of a backend removes in the order of names, and not as the backend comes to walk them",
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(collect)
			return ok && (facet == "content" || strings.HasPrefix(facet, "snapshotter ")) &&
				slices.Equal(slices.Sorted(slices.Values(theirs.Streams[facet])), slices.Sorted(slices.Values(ours.Streams[facet])))
		},
	},
	{
		id:   "bytes-before-record",
		why:  "a writer that stands for another namespace's blob asks the backend for it when it commits; containerd makes a record of what may be gone",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(writerCommit)
			return ok && ours.err != nil && strings.Contains(ours.err.Error(), "of another namespace")
		},
	},
	{
		id:   "undated-sandbox",
		why:  "a sandbox that a migration left without a time of creation can be updated; containerd refuses that with InvalidArgument",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(sandboxUpdate)
			return ok && theirs.Class == "InvalidArgument" && strings.Contains(theirs.err.Error(), "creation date must not be zero")
		},
	},
	{
		id:   "malformed-snapshot-reference",
		why:  "a collector that refers to a snapshot without naming the snapshotter refers to nothing; containerd's collection fails",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(collect)
			return ok && theirs.err != nil && strings.Contains(theirs.err.Error(), "invalid snapshot gc key")
		},
	},
	{
		id:   "misplaced-snapshots",
		why:  "garbage of a snapshotter whose name has a slash does not make the one dirty whose name comes before the slash",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			const mistaken = "snapshotter native"
			_, ok := c.Op.(collect)
			return ok && (facet == mistaken && len(ours.Streams[mistaken]) == 0 ||
				facet == "value" && strings.Contains(theirs.Value, `"native":`) && !strings.Contains(ours.Value, `"native":`))
		},
	},
	{
		id:   "dirty-until-clean",
		why:  "a backend is cleaned until that has succeeded, after Init, and when a call may have left it with what nothing names; containerd forgets the first two and takes no notice of the last",
		ends: true,
		explain: func(c call, facet string, theirs, ours outcome) bool {
			_, ok := c.Op.(collect)
			return ok && (len(theirs.Streams[facet]) == 0 && len(ours.Streams[facet]) > 0 ||
				facet == "value" && len(theirs.Value) < len(ours.Value))
		},
	},
}

// unstorable are the classes of errors with which the database refuses a key.
var unstorable = map[string]bool{"KeyRequired": true, "KeyTooLarge": true, "BucketNameRequired": true}

// explain returns the difference that a mismatch is due to, or nil.
func explain(c call, facet string, theirs, ours outcome) *difference {
	for i := range differences {
		if d := &differences[i]; d.explain(c, facet, theirs, ours) {
			return d
		}
	}
	return nil
}
