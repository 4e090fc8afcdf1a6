package host

import (
	"context"
	"strings"
	"time"
)

// clock is the monotonic clock that an instance reads. Each read advances it by a millisecond, which makes every run of
// the module identical. The engine does not read it, but Go's runtime does around each run of its garbage collector.
// These reads are the only points at which a running call can be interrupted without slowing down the module.
type clock struct {
	ctx   context.Context // context of the running call; nil between calls
	reads int64
}

const clockResolution = 1 // nanoseconds

func (c *clock) read() int64 {
	if c.ctx != nil && c.ctx.Err() != nil {
		panic(c.ctx.Err()) // wazero returns it from the call as an error
	}
	c.reads++
	return c.reads * int64(time.Millisecond)
}

const stderrMax = 400 // bytes

// stderr keeps the first stderrMax bytes that the module writes to its standard error. The module writes there only
// before it aborts.
type stderr struct{ text strings.Builder }

func (s *stderr) Write(p []byte) (int, error) {
	if room := stderrMax - s.text.Len(); room > 0 {
		s.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

// String returns the text in the form of a suffix for an error.
func (s *stderr) String() string {
	if s.text.Len() == 0 {
		return ""
	}
	return ": " + strings.TrimSpace(s.text.String())
}
