//go:build !wasm

package services

import (
	"context"
	"fmt"
	"sync"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/pkg/filters"
	"github.com/containerd/errdefs"
	"github.com/containerd/typeurl/v2"

	"github.com/holdfast-gc/holdfast/engine"
)

// Subscribe sends all further events that match any of the filters, of all namespaces and in order, until ctx ends. A
// slow subscriber delays neither publishers nor other subscribers: its events are queued. At the end, errs receives the
// error of ctx, unless ctx was canceled, and is closed. An invalid filter is an error of class InvalidArgument at once.
func (s eventService) Subscribe(ctx context.Context, fs ...string) (ch <-chan *events.Envelope, errs <-chan error) {
	to, failed := make(chan *events.Envelope), make(chan error, 1)
	filter, err := filters.ParseAll(fs...)
	if err != nil {
		failed <- fmt.Errorf("event filter: %v: %w", err, errdefs.ErrInvalidArgument)
		close(failed)
		return to, failed
	}
	q := &queue{more: make(chan struct{}, 1)}
	stop := s.Watch(func(event engine.Event) {
		if envelope, err := enveloped(event); err == nil && filter.Match(envelope) {
			q.push(envelope)
		}
	})
	go func() {
		defer close(failed)
		defer stop()
		for q.send(ctx, to) {
		}
		if err := ctx.Err(); err != context.Canceled {
			failed <- err
		}
	}()
	return to, failed
}

func enveloped(event engine.Event) (*events.Envelope, error) {
	encoded, err := typeurl.MarshalAny(event.Event)
	return &events.Envelope{Timestamp: event.At, Namespace: event.Namespace, Topic: event.Topic, Event: encoded}, err
}

// A queue holds the events that the subscriber has not received yet.
type queue struct {
	mu      sync.Mutex
	waiting []*events.Envelope
	more    chan struct{} // has one element after a push
}

// push appends an event. It never blocks.
func (q *queue) push(e *events.Envelope) {
	q.mu.Lock()
	q.waiting = append(q.waiting, e)
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
}

func (q *queue) take() []*events.Envelope {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.waiting
	q.waiting = nil
	return taken
}

// send waits for events and sends the queued events. It returns false when ctx has ended.
func (q *queue) send(ctx context.Context, to chan<- *events.Envelope) bool {
	select {
	case <-q.more:
	case <-ctx.Done():
		return false
	}
	for _, e := range q.take() {
		select {
		case to <- e:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
