// Package lock provides a [Mutex] and an [RWMutex] that behave like those of package sync until they get a [Scheduler].
// With a scheduler, a waiter is parked by the scheduler, and no operating-system or runtime lock is used.
//
// A simulation needs this: its actors are coroutines, and exactly one runs at a time. If an actor waited on a
// sync.Mutex that a parked actor holds, it would block the thread that must run the other actor.
package lock
