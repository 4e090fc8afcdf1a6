package engine

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/containerd/errdefs"
)

// turns is the scheduler of a node made [WithTurns]. Each call is a coroutine, and Ops select the waiting call to
// continue.
type turns struct {
	running *turn
	waiting map[string]*turn
	idle    *worker // nil if there is none
}

// turn is a call that has begun.
//
// Invariant: ready is not nil exactly while the call waits; value and err are valid only after it has ended.
type turn struct {
	worker *worker
	call   func() (any, error)
	cancel func() // cancels its context

	ready func() bool // the condition that the call waits for; nil if it does not wait
	value any         // the result
	err   error
}

// errStopped unwinds an abandoned call.
var errStopped = errors.New("stopped")

// Park makes the running call wait. See [lock.Scheduler].
func (s *turns) Park(ready func() bool) {
	t := s.running
	if t == nil {
		panic("engine: a call outside of Apply waits on a node made WithTurns")
	}
	if !t.worker.yield(ready) {
		panic(errStopped)
	}
}

// start begins a call, and runs it until it waits or ends.
func (s *turns) start(cancel func(), call func() (any, error)) *turn {
	t := &turn{call: call, cancel: cancel, err: errStopped} // replaced at its end
	if t.worker, s.idle = s.idle, nil; t.worker == nil {
		t.worker = newWorker()
	}
	t.worker.turn = t
	s.run(t)
	return t
}

// run continues a call until it waits or ends.
func (s *turns) run(t *turn) {
	outer := s.running
	s.running = t
	t.ready, _ = t.worker.next()
	s.running = outer
	switch {
	case t.ready != nil:
	case s.idle == nil:
		s.idle = t.worker
	default:
		t.worker.stop()
	}
}

// abandon unwinds a waiting call and releases its locks.
func (s *turns) abandon(t *turn) {
	outer := s.running
	s.running = t
	t.worker.stop()
	t.ready = nil
	s.running = outer
	t.cancel()
}

// close unwinds all waiting calls, and ends all coroutines.
func (s *turns) close() {
	for _, name := range slices.Sorted(maps.Keys(s.waiting)) {
		s.abandon(s.waiting[name])
		delete(s.waiting, name)
	}
	if s.idle != nil {
		s.idle.stop()
		s.idle = nil
	}
}

// take runs a call. A call with a name may stay pending; a call without a name fails if it has to wait.
func (s *turns) take(name string, cancel func(), call func() (any, error)) (any, error) {
	t := s.start(cancel, call)
	switch {
	case t.ready == nil:
		cancel()
		return t.value, t.err
	case name == "":
		s.abandon(t)
		return nil, waitError("would wait: give the call a name, so that it can")
	}
	s.waiting[name] = t
	return nil, errPending
}

// ErrWouldWait is the error of a call that would have to wait, for a lock or a transaction, but must not: it has no
// name, or the node does not take turns. Its code is "failed_precondition".
var ErrWouldWait = errors.New("the call would have to wait")

// A waitError is an [ErrWouldWait] with a text of its own.
type waitError string

func (e waitError) Error() string { return string(e) + ": " + errdefs.ErrFailedPrecondition.Error() }

func (e waitError) Unwrap() []error { return []error{ErrWouldWait, errdefs.ErrFailedPrecondition} }

var errPending = errors.New("it waits")

// free returns an error if a call of that name is pending.
func (s *turns) free(name string) error {
	if _, taken := s.waiting[name]; taken {
		return fmt.Errorf("call %q: it waits already: %w", name, errdefs.ErrAlreadyExists)
	}
	return nil
}

// get returns a pending call.
func (s *turns) get(name string) (*turn, error) {
	if s != nil {
		if t, ok := s.waiting[name]; ok {
			return t, nil
		}
	}
	return nil, fmt.Errorf("call %q: not waiting: %w", name, errdefs.ErrNotFound)
}

// resume continues a pending call if its condition holds.
func (s *turns) resume(name string) (any, error) {
	t, err := s.get(name)
	if err != nil {
		return nil, err
	}
	if !t.ready() {
		return nil, errPending
	}
	if s.run(t); t.ready != nil {
		return nil, errPending
	}
	delete(s.waiting, name)
	t.cancel()
	return t.value, t.err
}

// A worker is a coroutine that runs one call after another, so that its grown stack is reused. It yields the condition
// that a call waits for, and nil between calls. stop unwinds the current call, if any.
type worker struct {
	next  func() (ready func() bool, more bool)
	stop  func()
	yield func(ready func() bool) bool
	turn  *turn // the next call
}

func newWorker() *worker {
	w := &worker{}
	w.next, w.stop = iter.Pull(func(yield func(func() bool) bool) {
		defer func() {
			if p := recover(); p != nil && p != errStopped {
				panic(p)
			}
		}()
		w.yield = yield
		for more := true; more; more = yield(nil) {
			t := w.turn
			t.value, t.err = t.call()
			w.turn = nil
		}
	})
	return w
}
