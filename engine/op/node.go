package op

import (
	"reflect"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// Arguments and results of transactions, collections and the schedule.
type (
	// TxBeginArgs begin a transaction. Ops run inside it if their header names it. While a writing transaction is open,
	// other writing Ops fail.
	TxBeginArgs struct {
		Name     string
		Writable bool
	}
	// A Collection is the result of a collection.
	Collection struct {
		metadata.GCStats

		// Removed are the nodes that the collection removed from the database, by namespace and then by type. It must
		// not be changed.
		Removed []gc.Node
	}
	// ScheduleRunResult says whether the schedule ran a collection, and the collection's result.
	ScheduleRunResult struct {
		Ran bool
		Collection
	}
	// SchedulePassArgs let time pass, during which the schedule runs collections.
	SchedulePassArgs struct{ By time.Duration }
	// SchedulePassResult is the number of collections that ran.
	SchedulePassResult struct{ Collections int64 }
	// ScheduleStateResult is the state of the schedule.
	ScheduleStateResult struct {
		Due    *time.Time // when it collects next; nil for never
		Policy string     // the policy's own state, as text
	}
)

// Arguments and results of queries.
type (
	// PlanArgs ask what a collection removes, assuming that the nodes of these names are deleted.
	PlanArgs struct{ Deleted []string }
	// WhyArgs ask what keeps a node alive.
	WhyArgs struct {
		Node  string
		Limit uint32 // the largest number of chains
	}
	// TopArgs ask for the largest holders.
	TopArgs struct{ Limit uint32 }
	// InspectArgs ask for the stored keys at and below a path.
	InspectArgs struct{ Path string }
	// DiffArgs ask how a fork differs; "" is the node itself.
	DiffArgs struct{ With string }
	// An Event is an event that the stores of a node published.
	Event struct {
		At        time.Time
		Namespace string
		Topic     string // for example "/images/delete"
		Event     any    // a message of containerd's package api/events
	}
)

// Arguments and results of the Ops on the environment of the daemon.
type (
	// ClockAdvanceArgs move the clock forward, or backward if By is negative.
	ClockAdvanceArgs struct{ By time.Duration }
	// ClockSetArgs set the clock.
	ClockSetArgs struct{ To time.Time }
	// FaultsSetArgs install a fault under a name.
	FaultsSetArgs struct {
		Name  string
		Fault Fault
	}
	// CollectorsSetArgs register a scripted collector, or replace its script.
	CollectorsSetArgs struct {
		Type   uint8 // a gc.ResourceType
		Script Script
	}
	// CollectorsGetArgs are the resource type of a collector.
	CollectorsGetArgs struct{ Type uint8 }
	// A WaitingCall is a pending call.
	WaitingCall struct {
		Name  string
		Ready bool // its condition holds, so that "calls.resume" lets it continue
	}
)

// node is the row of an Op that the engine implements.
func node[A, R any](name Name) Row {
	return Row{Name: name, Args: reflect.TypeFor[A](), Result: resultType[R]()}
}

// exclusive is the row of an Op that can't run inside a transaction.
func exclusive[A, R any](name Name) Row {
	r := node[A, R](name)
	r.Access = Exclusive
	return r
}

// environment is the row of an Op that doesn't call the daemon, which may be dead.
func environment[A, R any](name Name) Row {
	r := node[A, R](name)
	r.Offline, r.Instant = true, true
	return r
}

// start is the row of an Op that starts a daemon.
func start(name Name) Row {
	r := node[None, None](name)
	r.Offline = true
	return r
}

var nodeRows = []Row{
	environment[ContentPlaceArgs, None](ContentPlace),
	node[SnapshotsSetUsageArgs, None](SnapshotsSetUsage),

	node[TxBeginArgs, None](TxBegin),
	node[Named, None](TxCommit),
	node[Named, None](TxRollback),

	exclusive[None, Collection](Collect),
	exclusive[None, ScheduleRunResult](ScheduleRun),
	exclusive[SchedulePassArgs, SchedulePassResult](SchedulePass),
	node[None, None](ScheduleTrigger),
	environment[None, ScheduleStateResult](ScheduleState),

	environment[PlanArgs, *examine.Plan](Plan),
	environment[WhyArgs, *examine.Why](Why),
	environment[TopArgs, *examine.Top](Top),
	environment[None, *examine.Fsck](Fsck),
	environment[InspectArgs, *examine.Tree](Inspect),
	environment[DiffArgs, *examine.Diff](Diff),
	environment[None, string](Dump),
	environment[None, string](Hash),
	environment[None, time.Time](Expiry),
	environment[None, []Event](Events),

	environment[None, time.Time](ClockNow),
	environment[None, time.Time](ClockNext),
	environment[ClockAdvanceArgs, None](ClockAdvance),
	environment[ClockSetArgs, None](ClockSet),

	environment[None, None](NodeKill),
	start(NodeRestart),
	start(NodeCrash),
	environment[Named, None](NodeFork),
	environment[Named, None](NodeDrop),

	environment[FaultsSetArgs, None](FaultsSet),
	environment[Named, None](FaultsClear),

	exclusive[CollectorsSetArgs, None](CollectorsSet),
	environment[CollectorsGetArgs, Script](CollectorsGet),

	environment[None, []WaitingCall](CallsList),
	environment[Named, any](CallsResume),
	environment[Named, None](CallsCancel),
	environment[Named, None](CallsAbandon),
}
