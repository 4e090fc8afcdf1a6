package engine

import "iter"

// A worker is a coroutine that runs one call after another, so that its grown stack is reused. It yields the condition that
// a call waits for, and nil between calls. stop unwinds the current call, if any.
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
