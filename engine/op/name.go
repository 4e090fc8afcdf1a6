package op

import "strings"

// A Name says which call an Op makes, for example "images.create".
type Name string

// Group returns the part of the name before the dot, for example "images". For a name without a dot it is the name.
func (n Name) Group() string {
	group, _, _ := strings.Cut(string(n), ".")
	return group
}

// Verb returns the part of the name after the dot, for example "create", or "".
func (n Name) Verb() string {
	_, verb, _ := strings.Cut(string(n), ".")
	return verb
}

// The stores of records.
const (
	NamespacesCreate   Name = "namespaces.create"
	NamespacesLabels   Name = "namespaces.labels"
	NamespacesSetLabel Name = "namespaces.setlabel"
	NamespacesList     Name = "namespaces.list"
	NamespacesDelete   Name = "namespaces.delete"

	ImagesCreate Name = "images.create"
	ImagesGet    Name = "images.get"
	ImagesList   Name = "images.list"
	ImagesUpdate Name = "images.update"
	ImagesDelete Name = "images.delete"

	ContainersCreate Name = "containers.create"
	ContainersGet    Name = "containers.get"
	ContainersList   Name = "containers.list"
	ContainersUpdate Name = "containers.update"
	ContainersDelete Name = "containers.delete"

	SandboxesCreate Name = "sandboxes.create"
	SandboxesGet    Name = "sandboxes.get"
	SandboxesList   Name = "sandboxes.list"
	SandboxesUpdate Name = "sandboxes.update"
	SandboxesDelete Name = "sandboxes.delete"

	LeasesCreate         Name = "leases.create"
	LeasesDelete         Name = "leases.delete"
	LeasesList           Name = "leases.list"
	LeasesAddResource    Name = "leases.addresource"
	LeasesDeleteResource Name = "leases.deleteresource"
	LeasesListResources  Name = "leases.listresources"
)

// Content and snapshots.
const (
	ContentInfo         Name = "content.info"
	ContentUpdate       Name = "content.update"
	ContentWalk         Name = "content.walk"
	ContentDelete       Name = "content.delete"
	ContentRead         Name = "content.read"
	ContentPlace        Name = "content.place"
	ContentListStatuses Name = "content.liststatuses"
	ContentStatus       Name = "content.status"
	ContentAbort        Name = "content.abort"

	WritersOpen     Name = "writers.open"
	WritersWrite    Name = "writers.write"
	WritersTruncate Name = "writers.truncate"
	WritersStatus   Name = "writers.status"
	WritersDigest   Name = "writers.digest"
	WritersCommit   Name = "writers.commit"
	WritersClose    Name = "writers.close"

	ReadersOpen  Name = "readers.open"
	ReadersRead  Name = "readers.read"
	ReadersClose Name = "readers.close"

	SnapshotsStat     Name = "snapshots.stat"
	SnapshotsUpdate   Name = "snapshots.update"
	SnapshotsUsage    Name = "snapshots.usage"
	SnapshotsMounts   Name = "snapshots.mounts"
	SnapshotsPrepare  Name = "snapshots.prepare"
	SnapshotsView     Name = "snapshots.view"
	SnapshotsCommit   Name = "snapshots.commit"
	SnapshotsRemove   Name = "snapshots.remove"
	SnapshotsWalk     Name = "snapshots.walk"
	SnapshotsCleanup  Name = "snapshots.cleanup"
	SnapshotsClose    Name = "snapshots.close"
	SnapshotsSetUsage Name = "snapshots.setusage"
)

// Transactions, collections and the schedule.
const (
	TxBegin    Name = "tx.begin"
	TxCommit   Name = "tx.commit"
	TxRollback Name = "tx.rollback"

	Collect         Name = "collect"
	ScheduleRun     Name = "schedule.run"
	SchedulePass    Name = "schedule.pass"
	ScheduleTrigger Name = "schedule.trigger"
	ScheduleState   Name = "schedule.state"
)

// Queries.
const (
	Plan    Name = "plan"
	Why     Name = "why"
	Top     Name = "top"
	Fsck    Name = "fsck"
	Inspect Name = "inspect"
	Diff    Name = "diff"
	Dump    Name = "dump"
	Hash    Name = "hash"
	Expiry  Name = "expiry"
	Events  Name = "events"
)

// The environment of the daemon, and pending calls.
const (
	ClockNow     Name = "clock.now"
	ClockNext    Name = "clock.next"
	ClockAdvance Name = "clock.advance"
	ClockSet     Name = "clock.set"

	NodeKill    Name = "node.kill"
	NodeRestart Name = "node.restart"
	NodeCrash   Name = "node.crash"
	NodeFork    Name = "node.fork"
	NodeDrop    Name = "node.drop"

	FaultsSet   Name = "faults.set"
	FaultsClear Name = "faults.clear"

	CollectorsSet Name = "collectors.set"
	CollectorsGet Name = "collectors.get"

	CallsList    Name = "calls.list"
	CallsResume  Name = "calls.resume"
	CallsCancel  Name = "calls.cancel"
	CallsAbandon Name = "calls.abandon"
)
