package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A Crew is a number of workers in this process. They work on all campaigns of their build.
type Crew struct {
	Build    string
	Worker   string // the name of the process in results
	Workers  int    // at least 1
	Attempts int    // number of deliveries after which a task is set aside; 0 means DefaultAttempts

	// Job makes the job of a campaign. Input reads its inputs. A job's Run is called by several workers at once.
	Job func(m Manifest, input func(name string) ([]byte, error)) (Job, error)
	// Note, unless nil, is told about trouble. Several workers may call it.
	Note func(string)
}

// DefaultAttempts is how often a task is delivered before it is set aside.
const DefaultAttempts = 5

// DefaultAckWait is the time without a report after which a task is delivered to another worker.
const DefaultAckWait = 30 * time.Second

// Queue makes the queue of a build. Workers of the build wait until it exists.
func (c *Client) Queue(ctx context.Context, build string, ackWait time.Duration) error {
	_, err := c.js.CreateOrUpdateConsumer(ctx, tasksStream, jetstream.ConsumerConfig{
		Durable: build, Description: "workers of one build of holdfast", FilterSubject: "holdfast.task." + build + ".>",
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: -1, MaxWaiting: 100_000,
	})
	return err
}

// A crew is a Crew at work.
type crew struct {
	Crew
	client  *Client
	ackWait time.Duration
	queue   jetstream.Consumer

	mu        sync.Mutex
	campaigns map[string]*assignment
}

// An assignment is a campaign with its job.
type assignment struct {
	*Campaign
	job Job
}

// Work runs workers until ctx is done. They hand back the tasks that they have not finished.
func (c *Client) Work(ctx context.Context, o Crew) error {
	if o.Attempts == 0 {
		o.Attempts = DefaultAttempts
	}
	w := &crew{Crew: o, client: c, campaigns: map[string]*assignment{}}
	for ctx.Err() == nil {
		queue, err := c.js.Consumer(ctx, tasksStream, o.Build)
		if err == nil {
			w.queue, w.ackWait = queue, queue.CachedInfo().Config.AckWait
			break
		}
		pause(ctx, tick)
	}
	var group sync.WaitGroup
	for range o.Workers {
		group.Add(1)
		go func() {
			defer group.Done()
			for ctx.Err() == nil {
				w.fetch(ctx)
			}
		}()
	}
	group.Wait()
	return nil
}

func (w *crew) note(format string, args ...any) {
	if w.Note != nil {
		w.Note(fmt.Sprintf(format, args...))
	}
}

// fetch waits for a task and runs it.
func (w *crew) fetch(ctx context.Context) {
	wait, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	batch, err := w.queue.Fetch(1, jetstream.FetchContext(wait))
	if err != nil {
		pause(ctx, tick)
		return
	}
	for m := range batch.Messages() {
		w.handle(ctx, m)
	}
	if err := batch.Error(); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		pause(ctx, tick)
	}
}

// handle runs the task of a message and acknowledges it.
func (w *crew) handle(ctx context.Context, m jetstream.Msg) {
	var q queuedTask
	info, err := m.Metadata()
	if err == nil {
		err = json.Unmarshal(m.Data(), &q)
	}
	if err != nil {
		w.note("a message in the queue is not a task, and is removed: %v", err)
		_ = m.Term()
		return
	}
	a, err := w.assignment(ctx, q.Campaign)
	switch {
	case errors.Is(err, ErrNoCampaign):
		_ = m.Ack()
		return
	case err != nil:
		w.note("campaign %s: %v", q.Campaign, err)
		_ = m.NakWithDelay(10 * time.Second)
		return
	}
	if a.finished(ctx, q.Task) {
		_ = m.Ack()
		return
	}
	r := Result{Worker: w.Worker}
	if info.NumDelivered > uint64(w.Attempts) {
		r.Error = fmt.Sprintf("set aside: %d workers crashed or stopped answering while they ran this task", w.Attempts)
	} else if err := w.run(ctx, a, q.Task, m, &r); err != nil {
		if !a.exists(ctx) {
			_ = m.Ack()
			return
		}
		// ctx is done, but the task must still go back.
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = a.requeue(back, q.Task)
		return
	}
	w.store(ctx, a, q.Task, m, r)
}

// run runs a task and reports meanwhile that it is in progress. It returns ErrStopped if ctx is done or the campaign is
// cancelled.
func (w *crew) run(ctx context.Context, a *assignment, t Task, m jetstream.Msg, r *Result) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	var beats sync.WaitGroup
	beats.Add(1)
	go func() {
		defer beats.Done()
		for running.Err() == nil {
			if pause(running, w.ackWait/3); running.Err() != nil {
				return
			}
			if !w.report(running, a, m) {
				stop()
			}
		}
	}()
	began := w.client.now()
	var err error
	r.Data, err = safely(a.job, t, func() bool { return running.Err() != nil })
	r.Seconds = w.client.now().Sub(began).Seconds()
	stop()
	beats.Wait()
	if errors.Is(err, ErrStopped) {
		return err
	}
	if err != nil {
		r.Data, r.Error = nil, err.Error()
	}
	return nil
}

// report tells the server that a task is in progress. It returns false if the campaign was cancelled.
func (w *crew) report(ctx context.Context, a *assignment, m jetstream.Msg) bool {
	_ = m.InProgress()
	return a.exists(ctx)
}

// safely runs a task and converts a panic to an error.
func safely(job Job, t Task, stop func() bool) (data []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, fmt.Errorf("panic: %v\n%s", p, strings.TrimSpace(string(debug.Stack())))
		}
	}()
	return job.Run(t, stop)
}

// store stores a result and acknowledges the task. While the server cannot store it, it tries again.
func (w *crew) store(ctx context.Context, a *assignment, t Task, m jetstream.Msg, r Result) {
	for told := false; ; {
		// A finished result is not given up when ctx is done before its first attempt.
		attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		err := a.put(attempt, t, r)
		cancel()
		if err == nil {
			_ = m.Ack()
			return
		}
		if !a.exists(ctx) {
			_ = m.Ack()
			return
		}
		if ctx.Err() != nil {
			return // delivered again after the acknowledgement wait
		}
		if !told {
			w.note("campaign %s: the server does not store a result, trying again: %v", a.Name, err)
			told = true
		}
		_ = m.InProgress()
		pause(ctx, min(tick, w.ackWait/3))
	}
}

// assignment opens a campaign and makes its job.
func (w *crew) assignment(ctx context.Context, name string) (*assignment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if a := w.campaigns[name]; a != nil {
		return a, nil
	}
	manifest, err := w.client.manifest(ctx, name)
	if err != nil {
		return nil, err
	}
	campaign, err := w.client.open(ctx, manifest)
	if err != nil {
		return nil, err
	}
	job, err := w.Job(manifest, func(input string) ([]byte, error) { return campaign.Input(ctx, input) })
	if err != nil {
		return nil, err
	}
	w.campaigns[name] = &assignment{campaign, job}
	return w.campaigns[name], nil
}
