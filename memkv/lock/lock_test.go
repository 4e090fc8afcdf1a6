package lock_test

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv/lock"
)

// A sequencer is a Scheduler over iter.Pull: it runs coroutines in turn, round robin, skipping parked ones that are not
// ready.
type sequencer struct {
	actors  []*actor
	running *actor
}

type actor struct {
	name  string
	yield func(func() bool) bool
	next  func() (func() bool, bool)
	stop  func()
	ready func() bool // nil unless the coroutine is parked
}

func (s *sequencer) Park(ready func() bool) {
	if !s.running.yield(ready) {
		panic("stopped") // the coroutine ends here
	}
}

func (s *sequencer) start(name string, run func()) {
	a := &actor{name: name}
	a.next, a.stop = iter.Pull(func(yield func(func() bool) bool) {
		defer func() {
			if r := recover(); r != nil && r != "stopped" {
				panic(r)
			}
		}()
		a.yield = yield
		run()
	})
	s.actors = append(s.actors, a)
}

// pause lets the other coroutines run.
func (s *sequencer) pause() {
	s.Park(func() bool { return true })
}

// run runs the coroutines until none can continue, and returns the names of those still parked.
func (s *sequencer) run() (parked []string) {
	for progress := true; progress; {
		progress = false
		for i := 0; i < len(s.actors); i++ {
			a := s.actors[i]
			if a.ready != nil && !a.ready() {
				continue
			}
			progress = true
			s.running = a
			ready, more := a.next()
			a.ready = ready
			if !more {
				s.actors = slices.Delete(s.actors, i, i+1)
				i--
			}
		}
	}
	for _, a := range s.actors {
		parked = append(parked, a.name)
	}
	return parked
}

// crash ends a parked coroutine.
func (s *sequencer) crash(name string) {
	i := slices.IndexFunc(s.actors, func(a *actor) bool { return a.name == name })
	s.running = s.actors[i]
	s.actors[i].stop()
	s.actors = slices.Delete(s.actors, i, i+1)
}

func TestMutexParks(t *testing.T) {
	s := &sequencer{}
	m := lock.NewMutex(s)
	var seen []string
	for _, name := range []string{"a", "b", "c"} {
		s.start(name, func() {
			m.Lock()
			seen = append(seen, name+" in")
			s.pause()
			seen = append(seen, name+" out")
			m.Unlock()
		})
	}
	if parked := s.run(); parked != nil {
		t.Fatalf("still parked: %v", parked)
	}
	want := []string{"a in", "a out", "b in", "b out", "c in", "c out"}
	if !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
	if !m.TryLock() || m.TryLock() {
		t.Error("TryLock: want true, then false")
	}
}

func TestRWMutexParks(t *testing.T) {
	s := &sequencer{}
	m := lock.NewRWMutex(s)
	var seen []string
	inside := func(name string, lock, unlock func()) func() {
		return func() {
			lock()
			seen = append(seen, name+" in")
			s.pause()
			seen = append(seen, name+" out")
			unlock()
		}
	}
	s.start("r1", inside("r1", m.RLock, m.RUnlock))
	s.start("r2", inside("r2", m.RLock, m.RUnlock))
	s.start("w", inside("w", m.Lock, m.Unlock))
	s.start("r3", inside("r3", m.RLock, m.RUnlock)) // waits behind the writer
	if parked := s.run(); parked != nil {
		t.Fatalf("still parked: %v", parked)
	}
	want := []string{"r1 in", "r2 in", "r1 out", "r2 out", "w in", "w out", "r3 in", "r3 out"}
	if !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}

// A coroutine that ends while it waits leaves the lock's state unchanged.
func TestCrashWhileParked(t *testing.T) {
	s := &sequencer{}
	m := lock.NewRWMutex(s)
	m.RLock()
	s.start("writer", func() { m.Lock() })
	s.start("reader", func() { m.RLock() })
	if parked := s.run(); !slices.Equal(parked, []string{"writer", "reader"}) {
		t.Fatalf("parked: %v", parked)
	}
	s.crash("writer")
	if parked := s.run(); parked != nil {
		t.Errorf("still parked: %v", parked)
	}
}

func TestUnlockOfUnlocked(t *testing.T) {
	for name, unlock := range map[string]func(){
		"Mutex.Unlock":    lock.NewMutex(&sequencer{}).Unlock,
		"RWMutex.Unlock":  lock.NewRWMutex(&sequencer{}).Unlock,
		"RWMutex.RUnlock": lock.NewRWMutex(&sequencer{}).RUnlock,
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			unlock()
		})
	}
}

// Without a scheduler the locks are real; the race detector checks them.
func TestNative(t *testing.T) {
	var m lock.Mutex
	rw := lock.NewRWMutex(nil)
	n, k := 0, 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				m.Lock()
				n++
				m.Unlock()
				rw.Lock()
				k++
				rw.Unlock()
				rw.RLock()
				_ = k
				rw.RUnlock()
			}
		})
	}
	all.Wait()
	if n != 8000 || k != 8000 {
		t.Errorf("got %d and %d, want 8000", n, k)
	}
	if !m.TryLock() || m.TryLock() {
		t.Error("TryLock: want true, then false")
	}
}

// A rota is a minimal Scheduler: it always runs the first ready coroutine.
type rota struct{ *sequencer }

func Example() {
	s := rota{&sequencer{}}
	m := lock.NewMutex(s)
	for _, name := range []string{"first", "second"} {
		s.start(name, func() {
			m.Lock()
			defer m.Unlock()
			s.pause() // the other coroutine runs now, and Lock parks it
			fmt.Println(name)
		})
	}
	s.run()
	// Output:
	// first
	// second
}
