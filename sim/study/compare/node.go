package compare

import (
	"cmp"
	"context"
	"fmt"
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A Node is one simulated node under one combination of policies: a [Daemon] with a disk, on which containers run and
// builds are built, and policies that evict images and build records. Its events and its time must come in order.
// Not safe for concurrent use.
//
// Invariants: a blob's records is its number of entries in stored; every value of images and recordOf is a value of
// known.
type Node struct {
	*Daemon
	faulty
	disk, other int64
	snapshotter string
	cost        Cost
	releases    []*evictionPolicy
	ledger      *ledger
	timers      timers
	err         error // an error after which the node is unusable

	blobs      map[digest.Digest]*blob
	stored     map[stored]*blobRecord // by namespace
	snapshots  map[stored]*unit
	images     ordered[image]    // on the node
	changes    []string          // IDs of images, in the order of their changes: see [policy.Tracker]
	known      map[*Image]*image // every image that the node had or a container names
	recordOf   map[stored]*image // by the names of image records
	containers map[*Container]*container
	waiting    []*container
	records    ordered[record]
	spaces     map[string]context.Context
	building   map[*Build][]*record
	had        map[digest.Digest]bool // blobs that were pulled before
	hadRecord  map[*Record]bool
	orphans    []*unit // snapshots with removed records
	leases     []*pullLease
	objects    int

	restored        bool // the node started from a database
	everyCollection bool // run collections that would find nothing, too
	serial          int

	tally
}

// changed notes that an image appeared, disappeared, or is in use or not.
func (n *Node) changed(i *image) { n.changes = append(n.changes, i.id) }

// A tally has the counters of a node.
type tally struct {
	pulled, again int64 // bytes pulled and built; of those, bytes that the node had before
	full          int   // containers and builds for which there was no room when they came
	failed        int   // of those, containers that never ran
	evicted       int   // images and build records
	shorts        int   // calls in which a policy freed fewer bytes than it needed
	worst         policy.ShortError
	pauses        []stop // one for each collection
	faults        faultTally
}

// A stop has the numbers of objects that a collection visited and removed.
type stop struct{ objects, removed int }

// stored names a record: a blob, a snapshot, an image.
type stored struct{ namespace, key string }

// A blob is a unit with a record in some namespaces.
type blob struct {
	unit
	records int
}

// A blobRecord is the record of a blob in one namespace. Its labels refer to other objects: the labels of a manifest to
// blobs, and the label of a config to a chain of snapshots. The same blob can be a config of one image and a layer of
// another one; then both images hold the snapshots.
type blobRecord struct {
	*blob
	blobs     []digest.Digest
	snapshots []*unit // the whole chain
}

// A pullLease is the lease of an abandoned pull. It holds blobs and everything to which their labels refer.
type pullLease struct {
	namespace string
	blobs     []digest.Digest
	claim     *claim
}

// NodeOptions configure a node.
type NodeOptions struct {
	Engine   *engine.Engine // made without a schedule; the node has it for itself
	Schedule schedule.Policy
	Release  []policy.Policy // each for this node alone
	Disk     int64           // bytes of the file system
	Other    int64           // bytes of other data on it
	Cost     Cost            // computes the pauses of collections, as reported to the schedule

	Faults    Faults
	FaultSeed uint64 // of the hours of faults

	Snapshotter string // the engine's snapshotter to use; "" is "overlayfs"

	// EveryCollection makes the engine run also collections that, according to the ledger, find no garbage. By default
	// the node only counts these, which saves most of the time.
	EveryCollection bool
}

const defaultSnapshotter = "overlayfs"

// NewNode returns a node without containers.
func NewNode(o NodeOptions) (*Node, error) {
	if err := o.Faults.check(); err != nil {
		return nil, err
	}
	if o.Disk <= 0 || o.Other < 0 || o.Other >= o.Disk {
		return nil, invalid("disk of %d bytes with %d bytes of other data: there is no free space", o.Disk, o.Other)
	}
	n := &Node{
		faulty: faulty{shares: o.Faults, seed: o.FaultSeed},
		disk:   o.Disk, other: o.Other, cost: o.Cost, snapshotter: cmp.Or(o.Snapshotter, defaultSnapshotter),
		blobs: map[digest.Digest]*blob{}, stored: map[stored]*blobRecord{}, snapshots: map[stored]*unit{},
		known: map[*Image]*image{}, recordOf: map[stored]*image{},
		containers: map[*Container]*container{}, spaces: map[string]context.Context{},
		building: map[*Build][]*record{}, had: map[digest.Digest]bool{}, hadRecord: map[*Record]bool{},
	}
	n.ledger = newLedger(o.Engine.Clock().Now)
	n.everyCollection = o.EveryCollection
	n.Daemon = NewDaemon(o.Engine, o.Schedule, DaemonOptions{
		Pause: func(removed int) time.Duration { return n.cost.Pause(n.objects, removed) },
		Used:  func() int64 { return n.ledger.used.bytes },
		Idle: func() bool {
			return !n.everyCollection && n.ledger.unheld == len(n.orphans)+len(n.stuck) && !n.ledger.loose
		},
		Collected: n.collected,
	})
	for _, p := range o.Release {
		r := &evictionPolicy{policy: p, rhythm: p.Rhythm()}
		n.releases = append(n.releases, r)
		r.begin(n)
	}
	return n, nil
}

// Do advances the time to an event and applies the event.
func (n *Node) Do(e Event) error {
	if err := n.Pass(e.At); err != nil {
		return err
	}
	switch {
	case e.Run != nil:
		n.run(e.Run)
	case e.Remove != nil:
		n.remove(e.Remove)
	case e.Pull != nil:
		n.pullOnly(e.Pull)
	case e.Abandon != nil:
		n.abandon(e.Abandon)
	case e.Build != nil:
		n.build(e.Build)
	case e.Built != nil:
		n.built(e.Built)
	}
	// A requested collection runs before any other event.
	return n.Pass(n.Now())
}

// Pass advances the time to to: collections, policies and expiries run when they are due. Errors: those of
// [Daemon.Pass], and disagreements between the node and its engine, after which the node is unusable.
func (n *Node) Pass(to time.Time) error {
	for n.err == nil {
		at, ok := n.timers.next()
		if !ok || at.After(to) {
			return cmp.Or(n.Daemon.Pass(to), n.err)
		}
		// Other events of the same time come after it, so the collection knows an expiry that it finds.
		if err := n.Daemon.Pass(at.Add(-1)); err != nil {
			return err
		}
		n.set(at)
		n.timers.fire()
	}
	return n.err
}

// Used returns the bytes of images, snapshots and builds.
func (n *Node) Used() int64 { return n.ledger.used.bytes }

// Garbage returns the used bytes without a holder.
func (n *Node) Garbage() int64 { return n.ledger.kinds[holderKinds].bytes }

// free returns the free bytes on the disk.
func (n *Node) free() int64 { return n.disk - n.other - n.ledger.used.bytes }

// in returns the context of a namespace. It creates the namespace at the first use.
func (n *Node) in(namespace string) context.Context {
	ctx, ok := n.spaces[namespace]
	if !ok {
		ctx = namespaces.WithNamespace(context.Background(), namespace)
		n.spaces[namespace] = ctx
		if err := n.engine.Namespaces().Create(ctx, namespace, nil); err != nil {
			n.fail(fmt.Errorf("namespace %q: %w", namespace, err))
		}
	}
	return ctx
}

// must makes the node unusable if a call returned an error.
func (n *Node) must(what string, err error) {
	if err != nil {
		n.fail(fmt.Errorf("%s: %w", what, err))
	}
}

func (n *Node) fail(err error) {
	if n.err == nil {
		n.err = fmt.Errorf("%s: %w", n.Now().Format(time.RFC3339), err)
	}
}

// fresh returns an unused name.
func (n *Node) fresh(what string) string {
	n.serial++
	return fmt.Sprint(what, "-", n.serial)
}
