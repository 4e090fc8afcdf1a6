package parity

import (
	"context"
	"fmt"
	"sync"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// A journal keeps what an implementation does besides returning, in streams
// whose inner order is compared: events, mutation callbacks, and for each
// backend and collector the calls that change it. containerd collects in
// several goroutines, so the order across streams means nothing.
type journal struct {
	mu      sync.Mutex
	streams map[string][]string
}

func newJournal() *journal { return &journal{streams: map[string][]string{}} }

func (j *journal) note(stream, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.streams[stream] = append(j.streams[stream], fmt.Sprintf(format, args...))
}

// take returns what was noted since it was called last.
func (j *journal) take() map[string][]string {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.streams) == 0 {
		return nil
	}
	taken := j.streams
	j.streams = map[string][]string{}
	return taken
}

// publisher notes events.
type publisher struct {
	*journal
	*fault
}

func (p publisher) Publish(ctx context.Context, topic string, event events.Event) error {
	ns, _ := namespaces.Namespace(ctx)
	p.note("events", "%s %s %s", ns, topic, render(event))
	return p.at("Publish")
}
