package fleet

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Take fetches a task as a worker that crashes afterwards, and returns the number of fetched tasks.
func (c *Client) Take(t *testing.T, ctx context.Context, build string) (n int) {
	t.Helper()
	queue, err := c.js.Consumer(ctx, tasksStream, build)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := queue.Fetch(1, jetstream.FetchMaxWait(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for range batch.Messages() {
		n++
	}
	return n
}

// Purge removes all tasks from the queue.
func (c *Client) Purge(ctx context.Context) error {
	stream, err := c.js.Stream(ctx, tasksStream)
	if err != nil {
		return err
	}
	return stream.Purge(ctx)
}

// CoordinateLate makes one step of a coordinator that has not yet seen the plan of the other one.
func (c *Campaign) CoordinateLate(ctx context.Context, job Job) error {
	lead := &coordinator{follower: c.newFollower(job), workers: 1}
	_, err := lead.step(ctx)
	return err
}

// LimitResults sets the size of the campaign's bucket, as if the disk had no more room. 0 removes the limit.
func (c *Campaign) LimitResults(ctx context.Context, bytes int64) error {
	stream, err := c.client.js.Stream(ctx, "KV_"+c.bucket())
	if err != nil {
		return err
	}
	config := stream.CachedInfo().Config
	if config.MaxBytes = bytes; bytes == 0 {
		config.MaxBytes = -1
	}
	_, err = c.client.js.UpdateStream(ctx, config)
	return err
}

// Report tells the server n times that a task is in progress, as a worker with a long task does.
func (c *Campaign) Report(t testing.TB, ctx context.Context, n int) {
	t.Helper()
	queue, err := c.client.js.Consumer(ctx, tasksStream, c.Build)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := queue.Fetch(1, jetstream.FetchMaxWait(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		w := &crew{client: c.client}
		for range n {
			if !w.report(ctx, &assignment{Campaign: c}, m) {
				t.Fatal("the campaign is gone")
			}
		}
	}
}
