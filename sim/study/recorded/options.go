package recorded

import (
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
)

// Options have knowledge beyond the events. The zero Options have none.
type Options struct {
	// Before is a node opened from the database from before the events; it is only read. Nil: unknown, and objects that
	// events presuppose are created when first needed.
	Before *engine.Engine

	// Start is when the daemon started; zero: a second before the first event.
	Start time.Time

	// End is until when was recorded; zero: a second after the last event.
	End time.Time

	// Known returns the knowledge of an event beyond its line. Nil: none for any event.
	Known func(Event) Known

	// Also are Ops that no event tells of, in the order of their times.
	Also []Step
}

// Known is the knowledge of an event beyond its line. Zero fields are unknown.
type Known struct {
	Call   string        // the call that the event came of: events of two calls are not of one pull
	Lease  *string       // under which it was made; "" is none
	Target digest.Digest // that an image record got
	Source string        // the image record from which an image record has its target
	Unheld bool          // nothing refers to that blob
}
