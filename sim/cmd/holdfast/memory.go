package main

import (
	"os"
	"runtime/debug"
)

// lavish has Go collect its own garbage less often, unless GOGC says how often, and returns what ends that. Simulations make
// much garbage and keep little: a quarter of their time is Go's collector's otherwise, for a few megabytes.
func lavish() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	was := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(was) }
}
