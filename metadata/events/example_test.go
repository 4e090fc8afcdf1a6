package events_test

import (
	"context"
	"fmt"

	"github.com/holdfast-gc/holdfast/metadata/events"
)

// printer is a publisher that prints deletions of images.
type printer struct{}

func (printer) Publish(_ context.Context, topic string, event events.Event) error {
	if e, ok := event.(*events.ImageDelete); ok {
		fmt.Println(topic, e.Name)
	}
	return nil
}

func Example() {
	var p events.Publisher = printer{}
	_ = p.Publish(context.Background(), "/images/delete", &events.ImageDelete{Name: "alpine"})
	// Output: /images/delete alpine
}
