package proptest

import (
	"io"
	"slices"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/gc/spec"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A System is a containerd node under test: Ops are applied to it, and its state is read. One goroutine uses it.
type System interface {
	// Apply makes the call of an Op. An Op that the system does not support returns the code "not_implemented".
	Apply(op engine.Op) engine.Result

	// State returns the committed state, past all faults. It may be expensive only after a change. The caller must not
	// write to it.
	State() (State, error)

	// Close releases the system.
	Close() error
}

// A New makes an empty system as the setup says. Isolated and Rules matter only with the promises Isolation and
// Versions.
type New func(setup engine.Setup) (System, error)

// A State is the stored state of a system. The system owns it, and later calls may change it.
type State struct {
	// Metadata is the metadata database.
	Metadata *memkv.DB

	// Content is the content backend, or nil if the system has no content store. backend.Content.Place and PlaceIngest
	// make one from another store's contents.
	Content *backend.Content

	// Snapshots are the snapshotter backends by name. backend.Snapshotter.Place makes one from another snapshotter's
	// contents.
	Snapshots map[string]*backend.Snapshotter

	// Now is the system's clock.
	Now time.Time

	// Down reports whether the daemon is down.
	Down bool
}

// A Promise is an optional ability of a system. Laws that need it are checked only on systems that give it.
type Promise string

// The promises.
const (
	Clock        Promise = "clock"        // clock.advance moves the clock forward
	Rewinds      Promise = "rewind"       // clock.advance also moves the clock back
	OwnClock     Promise = "own clock"    // clock.advance moves no other system's clock
	Isolation    Promise = "isolation"    // the system obeys Setup.Isolated
	Versions     Promise = "versions"     // the system obeys Setup.Rules
	Plans        Promise = "plan"         // plan returns an *examine.Plan
	Explains     Promise = "questions"    // why, top, fsck, inspect, diff, dump, hash, expiry, node.fork and node.drop work
	Events       Promise = "events"       // events returns the []engine.Event since its last call
	Transactions Promise = "transactions" // tx.begin, tx.commit, tx.rollback, and Tx in the header of calls
	Crashes      Promise = "crash"        // node.crash kills and restarts the daemon
	Faults       Promise = "faults"       // faults.set, faults.clear
	Turns        Promise = "turns"        // the system obeys Setup.Turns: calls may be suspended
	Tidies       Promise = "tidy"         // after a failed call or clean-up and a restart, collections leave no orphans in backends
	Forks        Promise = "fork"         // the system is a Forker
	Saves        Promise = "save"         // the system is a Saver
	Collects     Promise = "collect"      // the system collects garbage
)

// promises lists all promises.
var promises = []Promise{
	Clock, Rewinds, OwnClock, Isolation, Versions, Plans, Explains, Events, Transactions, Crashes, Faults, Turns, Tidies,
	Forks, Saves, Collects,
}

// A Promiser is a System that makes promises. A Forker or a Saver need not list Forks and Saves, and
// no system need list Collects. An unknown promise is the Err of a report.
type Promiser interface {
	System
	Promises() []Promise
}

// A Forker is a System that can make independent copies of itself.
type Forker interface {
	System
	Fork() (System, error)
}

// A Saver is a System that can write its metadata database as a bolt file, and load such a file into a new system.
type Saver interface {
	System
	Save(w io.Writer) error

	// Load returns a new system with that database and the same setup. Its backends have the data that the database
	// names.
	Load(r io.Reader) (System, error)
}

// promisesOf returns all promises of a system. It returns an error if one of them is unknown.
func promisesOf(s System) (map[Promise]bool, error) {
	all := map[Promise]bool{}
	if p, ok := s.(Promiser); ok {
		for _, one := range p.Promises() {
			if !slices.Contains(promises, one) {
				return nil, unknownPromise(one)
			}
			all[one] = true
		}
	}
	_, all[Forks] = s.(Forker)
	_, all[Saves] = s.(Saver)
	return all, nil
}

func unknownPromise(name Promise) error {
	var known []string
	for _, p := range promises {
		known = append(known, string(p))
	}
	return spec.Unknown("promise", string(name), known)
}
