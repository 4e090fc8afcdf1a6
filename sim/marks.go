package sim

import (
	"slices"

	"github.com/holdfast-gc/holdfast/sim/oracle"
)

// A Mark names a situation that a campaign should reach.
type Mark = oracle.Mark

// The marks that the simulator sets. The oracle sets more: see [oracle.Marks].
const (
	SharedBlob             Mark = "a blob is shared between namespaces"
	BlobRewritten          Mark = "a client writes a blob again after its bytes were lost"
	CallWaits              Mark = "a call waits for a caller's transaction"
	TransactionCommitted   Mark = "a caller's transaction is committed"
	TransactionRolledBack  Mark = "a caller's transaction is rolled back"
	CollectionDuringUnpack Mark = "a collection runs while an image is unpacked"
	CollectionDuringPull   Mark = "a collection runs during a pull"
	CollectionOnFork       Mark = "a collection runs on a fork"
	ScheduledCollection    Mark = "a schedule starts a collection"
	CollectionWaits        Mark = "a collection waits for a caller's transaction"
	CollectionBesideCall   Mark = "a collection ends while a call is suspended"
	ResourceCollected      Mark = "a Collector's resource is collected"
	CrashInCollection      Mark = "a crash during a collection"
	CrashInTransaction     Mark = "a crash during a caller's transaction"
	ForkOutlives           Mark = "a fork outlives a collection on its node"
	LeaseAbandoned         Mark = "a client abandons its lease"
	NamespaceNotEmpty      Mark = "a namespace is not empty when it is deleted"
	PullRetried            Mark = "a pull succeeds at its second attempt"
	Restart                Mark = "a restart after a crash"
	CollectionPostponed    Mark = "a schedule postpones a collection"
	SnapshotLostEarly      Mark = "a snapshot is collected before its container exists"
	Deadlock               Mark = "a transaction deadlocks with calls that wait for it"
	IngestResumed          Mark = "a client resumes an ingest"
	LayerRace              Mark = "two clients unpack the same layer"
)

// Marks returns all situations that a campaign should reach, sorted: those of the simulator and those of the oracle.
func Marks() []Mark {
	all := append(oracle.Marks(),
		SharedBlob, BlobRewritten, CallWaits, TransactionCommitted,
		TransactionRolledBack, CollectionDuringUnpack, CollectionDuringPull, CollectionOnFork,
		ScheduledCollection, CollectionWaits, CollectionBesideCall, ResourceCollected,
		CrashInCollection, CrashInTransaction, ForkOutlives, LeaseAbandoned,
		NamespaceNotEmpty, PullRetried, Restart, CollectionPostponed,
		SnapshotLostEarly, Deadlock, IngestResumed, LayerRace,
	)
	slices.Sort(all)
	return all
}

// missing returns the situations that were never reached.
func missing(marks map[Mark]int) []Mark {
	never := []Mark{}
	for _, m := range Marks() {
		if marks[m] == 0 {
			never = append(never, m)
		}
	}
	return never
}
