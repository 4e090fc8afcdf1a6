package examine

import "slices"

// A check is a sort of finding.
type check struct {
	name     string
	severity Severity
	means    string
	do       string
}

// checks are all sorts of findings. They are listed in the order in which a reader wants them.
var checks = []check{
	{"page", Error,
		"the file is damaged: what lay there is lost, and containerd may crash on it",
		"stop containerd and restore the file from a copy"},
	{"meta", Warning,
		"one of the two pages that say where everything is cannot be used; the other one is, and what was committed last may be lost",
		"stop containerd and put in place what gc -o writes"},
	{"freelist", Warning,
		"the list of free pages contradicts the pages in use; bolt may write over pages that are needed",
		"stop containerd and put in place what gc -o writes"},
	{"startup", Error,
		"containerd does not start on this database",
		"repair the bucket that is named, with containerd stopped, or restore the file from a copy"},
	{"collection", Error,
		"every collection ends with an error and removes nothing, so that the disk fills up",
		"delete the object that is named: an ingest by Abort of the content API, a snapshot by hand"},
	{"schema", Warning,
		"containerd cannot tell which schema the database has, or is older than it",
		"use the version of containerd that wrote the database, or a newer one"},
	{"shape", Error,
		"containerd does not find what belongs here, and cannot put it there",
		"remove the entry with a bolt editor, with containerd stopped"},
	{"undecodable", Error,
		"containerd fails to read the record, or takes the value for none",
		"delete and make the object again"},
	{"missing", Warning,
		"the record is not whole; containerd reads the value as empty",
		"delete and make the object again"},
	{"unknown", Warning,
		"containerd neither reads nor removes it",
		"find out what wrote it; containerd does not need it"},
	{"beside", Warning,
		"containerd 2 deletes all that is beside the bucket v1 when it migrates the database; 1.7 keeps sandboxes there",
		"nothing, if it is sandboxes; anything else is lost with the migration"},
	{"digest", Warning,
		"no content store takes a blob of that name",
		"delete it"},

	{"parent-missing", Error,
		"the snapshot, and every one above it, cannot be mounted",
		"delete the snapshots and unpack the image again"},
	{"parent-cycle", Error,
		"the snapshot is its own ancestor: it cannot be mounted, and whatever walks up its parents never ends",
		"delete the snapshots with containerd stopped"},
	{"snapshotter-name", Error,
		"a collection cannot find the snapshot when it is garbage, and then fails or leaves it for ever",
		"delete it by hand"},
	{"child-stale", Warning,
		"containerd refuses to remove the snapshot, because it takes it to have a child; collections leave such entries",
		"nothing, unless a removal fails with \"cannot remove snapshot with child\"; collections still remove it"},
	{"child-unlisted", Warning,
		"containerd would remove the snapshot though another one is on top of it",
		"do not remove the snapshot by hand"},
	{"target-missing", Error,
		"the image cannot be used: its manifest is not there",
		"pull the image again, or delete it"},
	{"root-missing", Error,
		"the container cannot start: the snapshot of its root file system is not there",
		"delete the container"},
	{"sandbox-missing", Warning,
		"the container names a sandbox that is not there",
		"delete the container, if nothing runs in it"},
	{"image-missing", Info,
		"the image that the container was made from is gone; the field keeps nothing, and the container does not need it",
		"nothing"},

	{"lease-unlimited", Warning,
		"the lease never ends, and keeps what it holds until somebody deletes it",
		"if nothing uses it, delete it: ctr leases rm"},
	{"lease-expired", Info,
		"the lease holds nothing any more; the next collection removes it",
		"nothing"},
	{"lease-dangling", Info,
		"the lease holds something that is not there, as after a pull that was broken off or a deletion",
		"nothing"},
	{"label-ignored", Warning,
		"the label looks as if collections obeyed it, but they do not",
		"spell it as containerd's documentation of garbage collection does, or drop it"},
	{"label-value", Warning,
		"collections do not understand the label's value, and act as if the label were not there",
		"set a value of the right form"},
	{"label-false", Warning,
		"the label counts whatever its value is: it does the contrary of what it seems to say",
		"remove the label"},
	{"label-dangling", Info,
		"the reference points at something that is not there, as is usual for platforms that were not pulled",
		"nothing, unless it should be there: then pull the image again"},
	{"back-reference-dangling", Info,
		"the object asks to be kept by something that is not there",
		"nothing, unless it should be there"},

	{"size", Warning,
		"two records say different sizes of the same blob; one of them is wrong",
		"pull the image again"},
	{"blob-missing", Error,
		"the blob is in the database but not on disk: whatever needs it fails",
		"delete the blob (ctr content rm) and pull the image again"},
	{"blob-size", Error,
		"the blob on disk has another size than the database says: it is damaged, or the database is of another time",
		"delete the blob (ctr content rm) and pull the image again"},
	{"blob-damaged", Error,
		"the manifest on disk cannot be read or is not what its digest says",
		"delete the blob (ctr content rm) and pull the image again"},
	{"reference-unlabelled", Error,
		"the manifest refers to the blob, but no label does: the next collection removes the blob, and the image is broken",
		"set the label containerd.io/gc.ref.content.… on the manifest, or pull the image again"},
	{"reference-unprotected", Warning,
		"the manifest refers to the blob, but no label does: only something else keeps it",
		"set the label containerd.io/gc.ref.content.… on the manifest, or pull the image again"},
	{"blob-orphan", Warning,
		"the blob on disk is in no namespace and wastes its space; containerd looks for such only when a collection has removed a blob",
		"let a collection remove any blob, or remove the file with containerd stopped"},
}

func checkIndex(name string) int {
	return slices.IndexFunc(checks, func(c check) bool { return c.name == name })
}

// Checks returns the names of all checks, in the order in which findings of the same severity come.
func Checks() []string {
	var names []string
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}
