package lock

import "sync"

// A Scheduler runs coroutines one at a time. All users of a lock built with a scheduler must run under that scheduler:
// nothing else protects the lock's state.
type Scheduler interface {
	// Park suspends the calling coroutine and returns after ready reports true. The scheduler may call ready at any
	// time and from any coroutine while no other coroutine runs. ready neither blocks nor changes anything. No other
	// coroutine may run between the call that reported true and the return of Park.
	//
	// The locks call Park only if the caller has to wait. Park may end the coroutine instead of returning (by panic or
	// runtime.Goexit, for example when a simulated node crashes). The coroutine then does not hold the lock.
	Park(ready func() bool)
}

// A Mutex is a mutual exclusion lock. The zero value is an unlocked sync.Mutex. A Mutex must not be copied after first
// use.
//
// With a scheduler, held alone is the state; without one, native alone.
type Mutex struct {
	native    sync.Mutex
	scheduler Scheduler
	held      bool
}

// NewMutex returns an unlocked mutex. s parks its waiters; a nil s makes it a sync.Mutex.
func NewMutex(s Scheduler) *Mutex { return &Mutex{scheduler: s} }

// Lock waits until the mutex is free and locks it.
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

// TryLock locks the mutex if it is free, and reports whether it did.
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

// Unlock releases the mutex. Another goroutine or coroutine may have locked it. If the mutex is not locked, Unlock
// panics with a scheduler; without one it is a fatal error, as in package sync.
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

// An RWMutex is held by any number of readers or by one writer. The zero value is an unlocked sync.RWMutex. An RWMutex
// must not be copied after first use.
//
// Invariants with a scheduler: readers >= 0, waiting >= 0, and held implies readers == 0.
//
// As with sync.RWMutex, a new reader waits behind a waiting writer, so readers cannot starve writers. Therefore a
// goroutine must not lock it for reading twice.
type RWMutex struct {
	native    sync.RWMutex
	scheduler Scheduler
	readers   int
	waiting   int // parked writers
	held      bool
}

// NewRWMutex returns an unlocked mutex. s parks its waiters; a nil s makes it a sync.RWMutex.
func NewRWMutex(s Scheduler) *RWMutex { return &RWMutex{scheduler: s} }

// Lock waits until the mutex is free and locks it for writing.
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

// Unlock releases a mutex locked for writing. If it is not, Unlock panics with a scheduler; without one it is a fatal
// error.
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

// RLock waits until no writer holds the mutex or waits for it, and locks it for reading.
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

// RUnlock releases one lock for reading. If there is none, RUnlock panics with a scheduler; without one it is a fatal
// error.
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
