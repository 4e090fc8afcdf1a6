package engine

import (
	"context"
	"slices"

	"github.com/holdfast-gc/holdfast/metadata/events"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"
)

// Events returns the events of the node, oldest first, since its creation or the last [Engine.ForgetEvents]. Callers must not
// modify the slice.
func (e *Engine) Events() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clip(e.events)
}

// ForgetEvents clears the log of events, which otherwise grows without bound.
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
