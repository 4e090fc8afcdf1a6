package parity

import (
	"context"
	"fmt"
	"sync"

	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/pkg/namespaces"
)

// A journal records side effects in streams: events, mutation callbacks, and for each backend and collector the calls
// that change it. The order within a stream is compared. The order across streams is not, because containerd collects
// in several goroutines.
type journal struct {
	mu      sync.Mutex
	streams map[string][]string
}

func newJournal() *journal { return &journal{streams: map[string][]string{}} }

// note appends an entry to a stream.
func (j *journal) note(stream, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.streams[stream] = append(j.streams[stream], fmt.Sprintf(format, args...))
}

// take returns the entries since the last call of take.
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

// publisher records events.
type publisher struct {
	*journal
	*fault
}

func (p publisher) Publish(ctx context.Context, topic string, event events.Event) error {
	ns, _ := namespaces.Namespace(ctx)
	p.note("events", "%s %s %s", ns, topic, render(event))
	return p.at("Publish")
}
