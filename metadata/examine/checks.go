package examine

import "slices"

// A checkName identifies a check. It is the value of [Finding.Check], and part of the JSON shape.
type checkName string

const (
	checkPage                  checkName = "page"
	checkMeta                  checkName = "meta"
	checkFreelist              checkName = "freelist"
	checkStartup               checkName = "startup"
	checkCollection            checkName = "collection"
	checkSchema                checkName = "schema"
	checkShape                 checkName = "shape"
	checkUndecodable           checkName = "undecodable"
	checkMissing               checkName = "missing"
	checkUnknown               checkName = "unknown"
	checkBeside                checkName = "beside"
	checkDigest                checkName = "digest"
	checkParentMissing         checkName = "parent-missing"
	checkParentCycle           checkName = "parent-cycle"
	checkSnapshotterName       checkName = "snapshotter-name"
	checkChildStale            checkName = "child-stale"
	checkChildUnlisted         checkName = "child-unlisted"
	checkTargetMissing         checkName = "target-missing"
	checkRootMissing           checkName = "root-missing"
	checkSandboxMissing        checkName = "sandbox-missing"
	checkImageMissing          checkName = "image-missing"
	checkLeaseUnlimited        checkName = "lease-unlimited"
	checkLeaseExpired          checkName = "lease-expired"
	checkLeaseDangling         checkName = "lease-dangling"
	checkLabelIgnored          checkName = "label-ignored"
	checkLabelValue            checkName = "label-value"
	checkLabelFalse            checkName = "label-false"
	checkLabelDangling         checkName = "label-dangling"
	checkBackReferenceDangling checkName = "back-reference-dangling"
	checkSize                  checkName = "size"
	checkBlobMissing           checkName = "blob-missing"
	checkBlobSize              checkName = "blob-size"
	checkBlobDamaged           checkName = "blob-damaged"
	checkReferenceUnlabelled   checkName = "reference-unlabelled"
	checkReferenceUnprotected  checkName = "reference-unprotected"
	checkBlobOrphan            checkName = "blob-orphan"
	checkImageBroken           checkName = "image-broken"
	checkImageNotUnpacked      checkName = "image-not-unpacked"
	checkUploadMissing         checkName = "upload-missing"
	checkUploadOrphan          checkName = "upload-orphan"
	checkContentFile           checkName = "content-file"
	checkSnapshotLost          checkName = "snapshot-lost"
	checkSnapshotOrphan        checkName = "snapshot-orphan"
	checkSnapshotParent        checkName = "snapshot-parent"
	checkSnapshotKind          checkName = "snapshot-kind"
	checkSnapshotRecord        checkName = "snapshot-record"
	checkDirectoryMissing      checkName = "directory-missing"
	checkDirectoryOrphan       checkName = "directory-orphan"
	checkDirectoryLeftover     checkName = "directory-leftover"
)

// A check describes one kind of finding.
type check struct {
	name     checkName
	severity Severity
	means    string // becomes Finding.Means
	do       string // becomes Finding.Do
}

// checks lists all checks, in the order in which a report has their findings.
var checks = []check{
	{checkPage, Error,
		"the page is damaged: its records are lost, and containerd may crash when it reads them",
		"write everything that can be read to a new file with holdfast salvage, stop containerd and replace the file; if fsck says that the previous transaction is whole, add --previous"},
	{checkMeta, Warning,
		"one of the two meta pages is damaged; bolt uses the other one, and the last transaction may be lost",
		"stop containerd and replace the file with the output of holdfast salvage -o"},
	{checkFreelist, Warning,
		"the freelist contradicts the pages in use; bolt may overwrite pages that are in use",
		"stop containerd and replace the file with the output of holdfast salvage -o"},
	{checkStartup, Error,
		"containerd does not start on this database",
		"stop containerd and replace the file with the output of holdfast salvage -o --drop PATH for the entry that the error names; the findings of the check shape have the commands"},
	{checkCollection, Error,
		"every collection fails and removes nothing, so the disk fills up",
		"abort the named upload through the content API, or stop containerd and replace the file with the output of holdfast salvage -o --drop NODE"},
	{checkSchema, Warning,
		"containerd cannot read the schema version, or the schema is newer than containerd",
		"start containerd, which migrates the database and stores the version; for a newer schema, use the version of containerd that wrote the database, or a newer one"},
	{checkShape, Error,
		"a value is in the place of a bucket, or a bucket in the place of a value: containerd cannot read or write it",
		"stop containerd and replace the file with the output of holdfast salvage -o --drop PATH"},
	{checkUndecodable, Error,
		"containerd fails to read the record, or treats the value as missing",
		"delete the object and create it again"},
	{checkMissing, Warning,
		"the record is incomplete; containerd reads the value as empty",
		"delete the object and create it again"},
	{checkUnknown, Warning,
		"containerd neither reads nor removes the entry",
		"find the program that wrote the entry, which may be a newer containerd; to remove it, stop containerd and replace the file with the output of holdfast salvage -o --drop PATH"},
	{checkBeside, Warning,
		"containerd 2 does not read the bucket, and deletes it if it migrates the database; containerd 1.7 stores sandboxes there",
		"save the bucket if another program needs it (holdfast inspect shows it); then stop containerd and replace the file with the output of holdfast salvage -o --drop PATH"},
	{checkDigest, Warning,
		"the key is not a digest: no content store accepts a blob with this name",
		"stop containerd and replace the file with the output of holdfast salvage -o --drop NODE"},

	{checkParentMissing, Error,
		"the snapshot and all its descendants cannot be mounted",
		"delete the images and containers that keep the snapshot, and let a collection remove it; then pull the images again"},
	{checkParentCycle, Error,
		"the snapshot is its own ancestor: it cannot be mounted, and a walk over its parents never ends",
		"delete the images and containers that keep the snapshots, and let a collection remove them; then pull the images again"},
	{checkSnapshotterName, Error,
		"once the snapshot is garbage, a collection cannot find it, and fails or never removes it",
		"delete the snapshot while its snapshotter is configured; a snapshot must not have children then"},
	{checkChildStale, Warning,
		"containerd refuses to remove the snapshot, because the entry claims that it has a child; collections leave these entries behind",
		"nothing, unless a removal fails with \"cannot remove snapshot with child\"; collections still remove the snapshot"},
	{checkChildUnlisted, Warning,
		"containerd would remove the snapshot although it has a child",
		"do not remove the snapshot by hand"},
	{checkImageBroken, Error,
		"no container starts from the image: \"content digest … not found\", or \"failed to get image config\"",
		"delete all names of the image, collect, and pull the image again; while a name is there, a client may take the image for complete"},
	{checkImageNotUnpacked, Info,
		"the image is not unpacked: its snapshot is gone, but its layers are there, so a client unpacks it again when it needs it",
		"nothing"},
	{checkTargetMissing, Error,
		"the image cannot be used: its manifest does not exist",
		"pull the image again, or delete the image"},
	{checkRootMissing, Error,
		"the container cannot start: the snapshot of its root file system does not exist",
		"delete the container"},
	{checkSandboxMissing, Warning,
		"the container belongs to a sandbox that does not exist",
		"delete the container, if nothing runs in it"},
	{checkImageMissing, Info,
		"the image of the container is gone; a container does not keep its image, and does not need it to run",
		"nothing"},

	{checkLeaseUnlimited, Info,
		"the lease never expires, and keeps its objects until its owner deletes it; BuildKit, Docker and CRI work with such leases",
		"nothing, if its owner still exists: deleting a lease of BuildKit deletes a part of its cache"},
	{checkLeaseExpired, Info,
		"the lease has expired and keeps nothing; the next collection removes it",
		"nothing"},
	{checkLeaseDangling, Info,
		"the lease lists an object that does not exist, for example after an interrupted pull or a deletion",
		"nothing"},
	{checkLabelIgnored, Warning,
		"the label looks like a garbage collection label, but collections ignore it",
		"spell the label as in containerd's documentation of garbage collection, or remove it"},
	{checkLabelValue, Warning,
		"collections cannot parse the value, and ignore the label",
		"set a value in the documented form"},
	{checkLabelFalse, Warning,
		"the label has the same effect with every value: a value such as \"false\" does not switch it off",
		"remove the label"},
	{checkLabelDangling, Info,
		"the label refers to an object that does not exist; this is usual for platforms that were not pulled",
		"nothing, unless the object should exist: then pull the image again"},
	{checkBackReferenceDangling, Info,
		"the label asks an object to keep this one, but that object does not exist",
		"nothing, unless the other object should exist"},

	{checkSize, Warning,
		"two records have different sizes for the same blob; one of them is wrong",
		"delete the blob in each namespace that has it (ctr content rm) and pull the image again; a pull alone keeps the record"},
	{checkBlobMissing, Error,
		"the blob is in the database but not on disk: every use of the blob fails",
		"delete the blob (ctr content rm) and pull the image again"},
	{checkBlobSize, Error,
		"the sizes on disk and in the database differ: the blob is damaged, or the database is older or newer than the store",
		"delete the blob (ctr content rm) and pull the image again"},
	{checkBlobDamaged, Error,
		"the manifest on disk cannot be read, or does not match its digest",
		"delete the blob (ctr content rm) and pull the image again"},
	{checkReferenceUnlabelled, Error,
		"the manifest refers to the blob, but has no label for it: the next collection removes the blob and breaks the image",
		"set the label containerd.io/gc.ref.content.… on the manifest, or pull the image again"},
	{checkReferenceUnprotected, Warning,
		"the manifest refers to the blob, but has no label for it: at the moment only another object keeps the blob",
		"set the label containerd.io/gc.ref.content.… on the manifest, or pull the image again"},
	{checkBlobOrphan, Warning,
		"the blob on disk is in no namespace and wastes space; containerd looks for orphans only after a collection has removed a blob",
		"let a collection remove any other blob, or stop containerd and remove the file"},
	{checkUploadMissing, Warning,
		"the upload is in the database but not on disk: the client cannot continue it",
		"abort the upload through the content API, or let a collection remove it once it has expired and no lease lists it"},
	{checkUploadOrphan, Warning,
		"the data of the upload is in no namespace and wastes space; containerd looks for such only after a collection has removed a blob",
		"let a collection remove any blob, or stop containerd and remove the directory"},
	{checkContentFile, Info,
		"containerd does not read this file of the content store",
		"nothing"},

	{checkSnapshotLost, Error,
		"the snapshotter has lost the snapshot: its images and containers cannot be mounted",
		"delete the images and containers that keep the snapshot, and let a collection remove it; then pull the images again"},
	{checkSnapshotParent, Error,
		"the snapshotter mounts other files than the metadata says",
		"delete the images and containers that keep the snapshot, and let a collection remove it; then pull the images again"},
	{checkSnapshotKind, Error,
		"the metadata and the snapshotter disagree whether the snapshot is committed",
		"delete the images and containers that keep the snapshot, and let a collection remove it; then pull the images again"},
	{checkSnapshotRecord, Error,
		"the snapshotter cannot use its own record",
		"stop containerd and replace the snapshotter's metadata.db with the output of holdfast salvage -o --drop PATH, which also leaves the snapshots above it out; then do as fsck says about the snapshots that are lost"},
	{checkDirectoryMissing, Error,
		"the files of the snapshot are gone: containers see an empty layer, or cannot start",
		"delete the images and containers that keep the snapshot, and let a collection remove it; then pull the images again"},
	{checkSnapshotOrphan, Warning,
		"the snapshot is in no namespace and wastes space; containerd removes it only if a collection removes another snapshot of the same snapshotter after containerd has started, otherwise never",
		"delete any image or container with a snapshot of this snapshotter, and let a collection run"},
	{checkDirectoryOrphan, Warning,
		"the directory belongs to no snapshot and wastes space; some snapshotters remove it when they start",
		"restart containerd; if the directory stays, stop containerd and remove it"},
	{checkDirectoryLeftover, Info,
		"the snapshotter removes the directory at its next clean-up",
		"nothing"},
}

func checkIndex(name checkName) int {
	return slices.IndexFunc(checks, func(c check) bool { return c.name == name })
}

// Checks returns the names of all checks. Findings of the same severity have this order. The caller owns the slice.
func Checks() []string {
	var names []string
	for _, c := range checks {
		names = append(names, string(c.name))
	}
	return names
}
