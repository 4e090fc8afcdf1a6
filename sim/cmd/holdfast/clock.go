package main

import "time"

// systemTime is the only clock of the command: the default of --at, and the speed of a simulation.
func systemTime() time.Time { return time.Now() }
