//go:build !wasm

package server

import (
	"context"
	"fmt"
	"sync"

	"github.com/containerd/containerd/v2/core/streaming"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
)

// streamName identifies a stream.
type streamName struct{ namespace, id string }

// streams are the open streams of clients, by name. A transfer finds its streams here.
type streams struct {
	mu   sync.Mutex
	open map[streamName]streaming.Stream
}

func newStreams() *streams { return &streams{open: map[streamName]streaming.Stream{}} }

// Register adds a stream until the call of its client ends, when ctx is done. A name in use is an error of class
// AlreadyExists.
func (s *streams) Register(ctx context.Context, id string, stream streaming.Stream) error {
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return err
	}
	name := streamName{namespace, id}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.open[name]; ok {
		return fmt.Errorf("stream %q: %w", id, errdefs.ErrAlreadyExists)
	}
	s.open[name] = stream
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, name)
	})
	return nil
}

// Get returns the open stream of a name. Without one, the error has class NotFound.
func (s *streams) Get(ctx context.Context, id string) (streaming.Stream, error) {
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stream, ok := s.open[streamName{namespace, id}]
	if !ok {
		return nil, fmt.Errorf("stream %q: %w", id, errdefs.ErrNotFound)
	}
	return stream, nil
}
