package main

import "time"

// systemTime is the default of --at. Nothing else reads a clock.
func systemTime() time.Time { return time.Now() }
