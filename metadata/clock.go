package metadata

import "time"

// A Clock tells the time. A database reads it once for each call that stores
// a time, and once for each collection.
type Clock func() time.Time

// systemClock is what both clocks of a database are by default, and the only
// place in this package that reads the real time.
var systemClock Clock = time.Now

// now returns one reading in the form in which it is stored: UTC and without
// what only this process could compare.
func (c Clock) now() time.Time { return c().UTC().Round(0) }

// since returns how much later than start it is.
func (c Clock) since(start time.Time) time.Duration { return c().Sub(start) }
