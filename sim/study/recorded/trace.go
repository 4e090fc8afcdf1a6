package recorded

import (
	"io"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Trace is a load converted from events: the initial state, and Ops at their times.
type Trace struct {
	Setup engine.Setup // of the node, which starts at Setup.Start
	End   time.Time    // of the recording

	Before []engine.Op // create the state of the database at the start; empty without a database
	Steps  []Step      // in the order of their times

	// Collections are the times of collections that the recording reveals, in order; they are no Ops, so that other
	// schedules can be compared on the load. Complete is true if there were no others: a log lists all of them.
	Collections []time.Time
	Complete    bool

	Summary Summary

	removed time.Time // the last removal of the last collection that was revealed by one
}

// A Step is an Op and when to apply it.
type Step struct {
	At   time.Time
	Line int // of the event from which it was made; 0 for one of Options.Also or from a copy
	Op   engine.Op
}

// passMax is the most time by which one Op advances the clock. The engine limits the checks of its schedule in one Op.
const passMax = time.Hour

// Write writes the trace in the format of engine.Replay, one Op per line.
func (t *Trace) Write(w io.Writer) error {
	out, err := engine.NewTraceWriter(w, t.Setup)
	if err != nil {
		return err
	}
	for _, op := range t.Before {
		if err := out.Write(op); err != nil {
			return err
		}
	}
	now := *t.Setup.Start
	pass := func(to time.Time) error {
		for now.Before(to) {
			by := min(to.Sub(now), passMax)
			if err := out.Write(engine.Op{Name: op.SchedulePass, Args: op.SchedulePassArgs{By: by}}); err != nil {
				return err
			}
			now = now.Add(by)
		}
		return nil
	}
	for _, s := range t.Steps {
		if err := pass(s.At); err != nil {
			return err
		}
		if err := out.Write(s.Op); err != nil {
			return err
		}
	}
	return pass(t.End)
}

// A Summary counts events, assumptions, and gaps in the events.
type Summary struct {
	Events int            `json:"events"`
	Topics map[string]int `json:"topics"`

	// Objects with reliable events.
	Namespaces int `json:"namespaces"`
	Images     int `json:"images"`
	Containers int `json:"containers"`
	Snapshots  int `json:"snapshots"`
	Blobs      int `json:"blobs"`

	// Whether each commit of a blob and each removal of a snapshot has an event: true for 2.x, false for 1.6.
	TellsBlobs    bool `json:"tells_blobs"`
	TellsRemovals bool `json:"tells_removals"`

	// Groups of events.
	Pulls      int `json:"pulls"`      // groups that end with image records
	Abandoned  int `json:"abandoned"`  // groups without image records
	Tags       int `json:"tags"`       // image records without content
	Targetless int `json:"targetless"` // of those, records without another record to share a target with

	Waited int `json:"waited"` // deletions of images by CRI, which waits for a collection after each

	// Removals of snapshots that a collection explains. The others are calls of clients.
	Collected int `json:"collected"`

	Confidence Confidences `json:"confidence"`

	Corrections []Correction `json:"corrections,omitempty"` // one for each copy of the database, in order

	// Evidence of changes without events.
	Recreated int `json:"recreated"` // blobs that were committed again: a collection had removed them
	Implied   int `json:"implied"`   // snapshots that events presuppose
	Unseen    int `json:"unseen"`    // removals of objects without a creation: views, and objects from before the events
	Implicit  int `json:"implicit"`  // namespaces without a creation
	LostExits int `json:"lost_exits"`
	LostTasks int `json:"lost_tasks"` // tasks without an event of their deletion
}

// Confidences counts the inferences of each kind by their confidence.
type Confidences struct {
	Collections Confidence `json:"collections"` // their times; Replay adds further ones, which are guessed
	Removals    Confidence `json:"removals"`    // whether a client or a collection removed a snapshot
	Blobs       Confidence `json:"blobs"`       // blobs that a collection removed, by their namespace; only with a log
	Targets     Confidence `json:"targets"`     // of image records
	Leases      Confidence `json:"leases"`      // of pulls
}

// A Confidence counts inferences. A certain one is recorded or follows from records, a likely one follows from the
// behaviour of the daemon or all known clients, and a guessed one is the most probable of several explanations.
type Confidence struct {
	Certain int `json:"certain"`
	Likely  int `json:"likely"`
	Guessed int `json:"guessed"`
}
