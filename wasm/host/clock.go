package host

import (
	"context"
	"time"
)

// clock is the monotonic clock of an instance, which shows a millisecond more whenever it is read, so that what the module
// does is the same every time. Nothing in the engine reads it, but Go's runtime does, around every collection of its own.
// That is the one moment at which a call that runs can be ended without having the module ask all the time.
type clock struct {
	ctx   context.Context // of the call that runs; nil for none
	reads int64
}

const clockResolution = 1 // in nanoseconds

func (c *clock) read() int64 {
	if c.ctx != nil && c.ctx.Err() != nil {
		panic(c.ctx.Err()) // which the runtime returns from the call as an error
	}
	c.reads++
	return c.reads * int64(time.Millisecond)
}
