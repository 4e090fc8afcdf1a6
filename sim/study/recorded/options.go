package recorded

import (
	"time"

	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/engine"
)

// Options say what is known besides the events. The zero Options are: nothing.
type Options struct {
	// Before is a node opened from the database as it was before the events, which is only read. Nil: not known; then
	// what the events take for granted is made when it is first needed.
	Before *engine.Engine

	// Start is when the daemon started; zero: a second before the first event.
	Start time.Time

	// End is until when was recorded; zero: a second after the last event.
	End time.Time

	// Known tells what is known of an event beyond its line. Nil: nothing of any.
	Known func(Event) Known

	// Also are Ops that no event tells of, in the order of their times.
	Also []Step
}

// Known is what is known of an event beyond its line. Its fields' zero values say nothing.
type Known struct {
	Call   string        // the call that the event came of: events of two calls are not of one pull
	Lease  *string       // under which it was made; "" is none
	Target digest.Digest // that an image record got
	Source string        // the image record whose target an image record got
	Unheld bool          // nothing refers to that blob
}
