package engine

import "slices"

// Watch has fn called for every event that happens on the node from now on, one
// after the other and in the order of Events, until stop is called. What is told
// by a fork goes only to those who watch the fork.
//
// fn must not wait, nor call the node: whoever tells the event waits for it.
func (e *Engine) Watch(fn func(Event)) (stop func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.watchers = append(e.watchers, &fn)
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.watchers = slices.DeleteFunc(e.watchers, func(w *func(Event)) bool { return w == &fn })
	}
}

// tell writes an event to the log, and to those who watch.
func (e *Engine) tell(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, event)
	for _, fn := range e.watchers {
		(*fn)(event)
	}
}
