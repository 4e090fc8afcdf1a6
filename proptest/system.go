package proptest

import (
	"io"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
)

// A System is a containerd node that is tested: something to which calls are made, and that can be looked at. It is used
// by one goroutine.
type System interface {
	// Apply makes the call that an Op stands for. What a system doesn't know is a result of code "not_implemented".
	Apply(op engine.Op) engine.Result

	// State returns what is stored now: what was committed, past all faults. It may cost time only after something
	// has changed. It must not be written to.
	State() (State, error)

	// Close lets go of the system.
	Close() error
}

// A New makes an empty system as the setup says. Whether Isolated and Rules count is for its Promises to tell.
type New func(setup engine.Setup) (System, error)

// A State is what a system has stored. It stays the system's, and what it refers to may change with the next call.
type State struct {
	// Metadata is the metadata database.
	Metadata *memkv.DB

	// Content is what the content backend holds. backend.Content.Place and PlaceIngest make one of what is known of
	// another store's.
	Content *backend.Content

	// Snapshots are what the snapshotter backends hold, by snapshotter; backend.Snapshotter.Place makes one.
	Snapshots map[string]*backend.Snapshotter

	// Now is the system's time.
	Now time.Time

	// Down is whether its daemon is dead.
	Down bool
}

// A Promise is something that not every system can do or keeps. Laws that rest on it are checked of those that give it.
type Promise string

// The promises.
const (
	Clock        Promise = "clock"        // clock.advance moves its time, forward
	Rewinds      Promise = "rewind"       // clock.advance moves its time back too
	OwnClock     Promise = "own clock"    // clock.advance moves no other system's time
	Isolation    Promise = "isolation"    // Setup.Isolated counts
	Versions     Promise = "versions"     // Setup.Rules counts
	Plans        Promise = "plan"         // plan returns an *examine.Plan
	Events       Promise = "events"       // events returns the []engine.Event since the last such call
	Transactions Promise = "transactions" // tx.begin, tx.commit, and Tx in the header of calls
	Crashes      Promise = "crash"        // node.crash kills the daemon and starts it again
	Faults       Promise = "faults"       // faults.set, faults.clear
	Turns        Promise = "turns"        // Setup.Turns counts: calls may be left waiting
	Tidies       Promise = "tidy"         // after a failed call or clean-up and a restart, collections leave no orphan in a backend
	Forks        Promise = "fork"         // it is a Forker
	Saves        Promise = "save"         // it is a Saver
)

// A Promiser is a System that promises something. What Forker and Saver stand for need not be listed.
type Promiser interface {
	System
	Promises() []Promise
}

// A Forker is a System of which independent copies can be made.
type Forker interface {
	System
	Fork() (System, error)
}

// A Saver is a System whose metadata database can be written as a bolt file, and which can make another system of one.
type Saver interface {
	System
	Save(w io.Writer) error

	// Load returns a new system with that database, made with the same setup, whose backends hold what the database
	// names.
	Load(r io.Reader) (System, error)
}

// promisesOf returns everything that a system promises.
func promisesOf(s System) map[Promise]bool {
	all := map[Promise]bool{}
	if p, ok := s.(Promiser); ok {
		for _, one := range p.Promises() {
			all[one] = true
		}
	}
	_, all[Forks] = s.(Forker)
	_, all[Saves] = s.(Saver)
	return all
}
