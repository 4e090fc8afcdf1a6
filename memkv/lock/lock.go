package lock

import "sync"

// A Scheduler runs coroutines, one at a time. Everything that shares a lock
// built with a scheduler must run under that scheduler: the state of such a
// lock is guarded by nothing else.
type Scheduler interface {
	// Park suspends the calling coroutine and returns once ready reports true.
	// The scheduler may call ready whenever it likes, from any coroutine, while
	// no other one runs; ready neither blocks nor changes anything. No other
	// coroutine may run between the call that reported true and Park's return.
	//
	// Park is only called where the caller has to wait. It may end the
	// coroutine instead of returning (by panic or runtime.Goexit, as when a
	// simulated node crashes); the lock is then not held by it.
	Park(ready func() bool)
}

// A Mutex is a mutual exclusion lock. The zero value is unlocked and native: it
// is a sync.Mutex. It must not be copied after first use.
type Mutex struct {
	native    sync.Mutex
	scheduler Scheduler
	held      bool
}

// NewMutex returns an unlocked mutex whose waiters are parked by s. With a nil
// s it is native.
func NewMutex(s Scheduler) *Mutex { return &Mutex{scheduler: s} }

// Lock waits until no one holds the mutex, and holds it from then on.
func (m *Mutex) Lock() {
	if m.scheduler == nil {
		m.native.Lock()
		return
	}
	if m.held {
		m.scheduler.Park(func() bool { return !m.held })
	}
	m.held = true
}

// TryLock holds the mutex if no one else does, and reports whether it did.
func (m *Mutex) TryLock() bool {
	if m.scheduler == nil {
		return m.native.TryLock()
	}
	if m.held {
		return false
	}
	m.held = true
	return true
}

// Unlock lets go of the mutex, which need not have been locked by the same
// goroutine or coroutine. Under a scheduler it panics if no one holds it;
// natively that is fatal, as in package sync.
func (m *Mutex) Unlock() {
	if m.scheduler == nil {
		m.native.Unlock()
		return
	}
	if !m.held {
		panic("lock: Unlock of a Mutex that is not locked")
	}
	m.held = false
}

// An RWMutex is held by any number of readers or by one writer. The zero value
// is unlocked and native: it is a sync.RWMutex. It must not be copied after
// first use.
//
// As with sync.RWMutex, a reader that comes while a writer waits has to wait
// behind it, so that readers can't starve writers; hence nobody may take it
// for reading twice.
type RWMutex struct {
	native    sync.RWMutex
	scheduler Scheduler
	readers   int
	waiting   int // writers that are parked
	held      bool
}

// NewRWMutex returns an unlocked mutex whose waiters are parked by s. With a
// nil s it is native.
func NewRWMutex(s Scheduler) *RWMutex { return &RWMutex{scheduler: s} }

// Lock waits until no one holds the mutex, and holds it for writing from then on.
func (m *RWMutex) Lock() {
	if m.scheduler == nil {
		m.native.Lock()
		return
	}
	if m.held || m.readers > 0 {
		m.park()
	}
	m.held = true
}

func (m *RWMutex) park() {
	m.waiting++
	defer func() { m.waiting-- }()
	m.scheduler.Park(func() bool { return !m.held && m.readers == 0 })
}

// Unlock lets go of a mutex held for writing. Under a scheduler it panics if it
// isn't; natively that is fatal.
func (m *RWMutex) Unlock() {
	if m.scheduler == nil {
		m.native.Unlock()
		return
	}
	if !m.held {
		panic("lock: Unlock of an RWMutex that is not locked")
	}
	m.held = false
}

// RLock waits until no writer holds the mutex or waits for it, and holds it for
// reading from then on.
func (m *RWMutex) RLock() {
	if m.scheduler == nil {
		m.native.RLock()
		return
	}
	if m.held || m.waiting > 0 {
		m.scheduler.Park(func() bool { return !m.held && m.waiting == 0 })
	}
	m.readers++
}

// RUnlock lets go of a mutex held for reading. Under a scheduler it panics if
// it isn't; natively that is fatal.
func (m *RWMutex) RUnlock() {
	if m.scheduler == nil {
		m.native.RUnlock()
		return
	}
	if m.readers == 0 {
		panic("lock: RUnlock of an RWMutex that is not locked for reading")
	}
	m.readers--
}
