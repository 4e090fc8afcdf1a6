//go:build !wasm

package client

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

// eventService is the node's log of events, as an exchange.
type eventService struct{ *node }

// Publish tells an event in the namespace of ctx. Errors:
//
//   - [errdefs.ErrFailedPrecondition]: no namespace
//   - [errdefs.ErrInvalidArgument]: the topic is not like "/a/b"
//   - typeurl's, for an event of a type that it doesn't know
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

// Forward tells an event of somebody else's. It must have a time, though it gets
// the node's; other errors are those of Publish.
func (s eventService) Forward(ctx context.Context, envelope *events.Envelope) error {
	if err := identifiers.Validate(envelope.Namespace); err != nil {
		return fmt.Errorf("event %q: namespace: %w", envelope.Topic, err)
	}
	if envelope.Timestamp.IsZero() {
		return fmt.Errorf("event %q: a time is required: %w", envelope.Topic, errdefs.ErrInvalidArgument)
	}
	return s.Publish(namespaces.WithNamespace(ctx, envelope.Namespace), envelope.Topic, envelope.Event)
}

// validTopic is an error unless a topic is a slash before each of its parts.
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
