package metadata

import "context"

// publish publishes an event in the name of a call with that context, if there
// is somewhere to publish it.
func (m *DB) publish(ctx context.Context, topic string, event any) error {
	if p := m.Publisher(ctx); p != nil {
		return p.Publish(ctx, topic, event)
	}
	return nil
}
