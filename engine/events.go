package engine

import (
	"context"
	"slices"

	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// Events returns the events of the node, oldest first, since its creation or the last [Engine.ForgetEvents], or as many
// as [Engine.LimitEvents] keeps. Callers must not modify the slice.
func (e *Engine) Events() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clip(e.latest())
}

// LimitEvents makes the log of events keep only the latest n, in the memory of at most 2n. Without a limit, which is
// n = 0, the log grows until [Engine.ForgetEvents]. Forks inherit the limit.
func (e *Engine) LimitEvents(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = e.latest() // by the old limit
	e.eventMax = max(n, 0)
	e.events = slices.Clone(e.latest())
}

// latest returns the events that the limit keeps. The caller holds e.mu.
func (e *Engine) latest() []Event {
	if over := len(e.events) - e.eventMax; e.eventMax > 0 && over > 0 {
		return e.events[over:]
	}
	return e.events
}

// ForgetEvents clears the log of events.
func (e *Engine) ForgetEvents() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = nil
}

// publisher appends the events of a daemon to the log.
type publisher struct{ d *daemon }

func (p publisher) Publish(ctx context.Context, topic string, event events.Event) error {
	if p.d.dead.Load() {
		return ErrDown
	}
	e := p.d.engine
	namespace, _ := namespaces.Namespace(ctx)
	e.tell(Event{At: e.clock.Now(), Namespace: namespace, Topic: topic, Event: event})
	if e.options.publisher != nil {
		return e.options.publisher.Publish(ctx, topic, event)
	}
	return nil
}

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
	if e.eventMax > 0 && len(e.events) >= 2*e.eventMax {
		e.events = slices.Clone(e.latest()) // callers may have the old slice
	}
	e.events = append(e.events, event)
	for _, fn := range e.watchers {
		(*fn)(event)
	}
}
