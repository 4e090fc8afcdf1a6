// Package lock has a Mutex and an RWMutex that are those of package sync, until
// a Scheduler is given to them. Then waiting for one means to be parked by that
// scheduler, and no real lock is touched.
//
// A simulation needs this: its actors are coroutines of which exactly one runs
// at a time. If one of them waited on a sync.Mutex held by another that is
// parked, the thread that should run the other would be blocked for good.
package lock
