package engine

import "iter"

// A worker is a coroutine that makes one call after the other: the stack that it has grown to is worth keeping. It
// yields what a call waits for, and nil between calls. stop unwinds the call that it is in the middle of, if any.
type worker struct {
	next  func() (ready func() bool, more bool)
	stop  func()
	yield func(ready func() bool) bool
	turn  *turn // to be made when it goes on next
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
