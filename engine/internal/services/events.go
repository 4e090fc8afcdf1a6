//go:build !wasm

package services

import (
	"context"
	"fmt"
	"strings"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/pkg/identifiers"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	"github.com/containerd/typeurl/v2"
)

// eventService publishes to the node's log of events, and subscribes to it.
type eventService struct{ *node }

// Publish appends an event to the log, in the namespace of ctx. Errors:
//
//   - [errdefs.ErrFailedPrecondition]: ctx has no namespace
//   - [errdefs.ErrInvalidArgument]: the topic does not have the form "/a/b"
//   - an error of typeurl, for an event of an unknown type
func (s eventService) Publish(ctx context.Context, topic string, event events.Event) error {
	ctx = s.in(ctx)
	if _, err := namespaces.NamespaceRequired(ctx); err != nil {
		return fmt.Errorf("event: %w", err)
	}
	if err := validTopic(topic); err != nil {
		return err
	}
	if _, err := typeurl.MarshalAny(event); err != nil {
		return fmt.Errorf("event %q: %w", topic, err)
	}
	return s.publish(ctx, topic, event)
}

// Forward appends an event of another publisher. The event must have a time, which the time of the node replaces. It
// returns the same errors as Publish.
func (s eventService) Forward(ctx context.Context, envelope *events.Envelope) error {
	if err := identifiers.Validate(envelope.Namespace); err != nil {
		return fmt.Errorf("event %q: namespace: %w", envelope.Topic, err)
	}
	if envelope.Timestamp.IsZero() {
		return fmt.Errorf("event %q: a time is required: %w", envelope.Topic, errdefs.ErrInvalidArgument)
	}
	return s.Publish(namespaces.WithNamespace(ctx, envelope.Namespace), envelope.Topic, envelope.Event)
}

// validTopic returns an error unless each part of the topic follows a slash.
func validTopic(topic string) error {
	parts, ok := strings.CutPrefix(topic, "/")
	if !ok {
		return fmt.Errorf("event: topic %q must start with a slash: %w", topic, errdefs.ErrInvalidArgument)
	}
	for part := range strings.SplitSeq(parts, "/") {
		if err := identifiers.Validate(part); err != nil {
			return fmt.Errorf("event: topic %q: %w", topic, err)
		}
	}
	return nil
}
