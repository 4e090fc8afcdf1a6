package engine

import "slices"

// Watch calls fn for every further event of the node, one after another in the order of [Engine.Events], until stop is
// called. Events of a fork go only to callers of Watch on the fork.
//
// fn must not wait and must not call the node, because the publisher of the event waits for it.
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

// tell appends an event to the log and passes it to the watchers.
func (e *Engine) tell(event Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, event)
	for _, fn := range e.watchers {
		(*fn)(event)
	}
}
