package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Progress is how far a campaign has come.
type Progress struct {
	Planned  int       // tasks
	Finished int       // of those, tasks with a result
	Failures []Failure // of those, tasks without a proper result, in the order of arrival
	Workers  int       // tasks that workers have in hand now
}

// A follower reads the plan and the results of a campaign and passes them to the job.
//
// Invariants: open has the planned tasks without a result; len(open) = Planned-Finished. seen is the revision of the
// last entry that was read.
type follower struct {
	*Campaign
	job      Job
	open     map[string]Task
	batches  int // of tasks in the plan
	seen     uint64
	progress Progress
}

func (c *Campaign) newFollower(job Job) *follower {
	return &follower{Campaign: c, job: job, open: map[string]Task{}}
}

// ErrCoordinated is returned by [Campaign.Coordinate] if another process plans tasks of the same campaign.
var ErrCoordinated = errors.New("another process coordinates this campaign")

// Read passes the results so far to the job.
func (c *Campaign) Read(ctx context.Context, job Job) (Progress, error) {
	f := c.newFollower(job)
	err := f.follow(ctx, func() (bool, error) { return true, nil })
	return f.progress, err
}

// Watch passes results to the job as they arrive, and calls each about once a second and after the last one. It returns
// when the campaign is over, or ctx is done.
func (c *Campaign) Watch(ctx context.Context, job Job, each func(Progress)) error {
	f := c.newFollower(job)
	return f.follow(ctx, func() (bool, error) {
		f.progress.Workers, _ = c.client.inHand(ctx, c.Build)
		m, err := c.client.manifest(ctx, c.Name)
		if errors.Is(err, ErrNoCampaign) {
			return true, err
		}
		each(f.progress)
		return err == nil && m.Done && len(f.open) == 0, nil
	})
}

// Coordinate plans and queues the tasks of the campaign until it is over, ctx is done, or the campaign is cancelled. It
// passes results to the job as they arrive, and calls each after each of them and about once a second. It returns an
// error if the server is in this process and cannot write its files. workers is the number of workers that will work at
// least.
func (c *Campaign) Coordinate(ctx context.Context, job Job, workers int, each func(Progress)) error {
	f := c.newFollower(job)
	lead := &coordinator{follower: f, workers: max(workers, 1)}
	return f.follow(ctx, func() (bool, error) {
		over, err := lead.step(ctx)
		each(f.progress)
		if !over || err != nil {
			return over, err
		}
		m := c.Manifest
		m.Done = true
		return true, c.client.putManifest(ctx, m)
	})
}

// tick is the longest time between two calls of follow's step.
const tick = time.Second

// follow reads entries. It calls step when it has read all existing ones, and from then on after each and every tick,
// until step returns true or an error. If the connection fails, it continues where it was.
func (f *follower) follow(ctx context.Context, step func() (over bool, err error)) error {
	current := false // all existing entries have been read
	for {
		watch, err := f.entries.WatchAll(ctx, jetstream.ResumeFromRevision(f.seen+1))
		for quiet := 0; err == nil && quiet < 10; {
			var entry jetstream.KeyValueEntry
			var ticked bool
			entry, ticked, err = next(ctx, watch.Updates())
			switch {
			case err != nil:
				continue
			case ticked:
				quiet++
			case entry == nil:
				current = true
			default:
				quiet = 0
				if err := f.read(ctx, entry); err != nil {
					return err
				}
			}
			if current {
				if over, err := step(); over || err != nil {
					_ = watch.Stop()
					return err
				}
			}
		}
		if watch != nil {
			_ = watch.Stop()
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !f.exists(ctx):
			return fmt.Errorf("%s: %w: it was cancelled", f.Name, ErrNoCampaign)
		}
		if err != nil {
			pause(ctx, tick)
		}
	}
}

// next returns the next entry. It is nil when all existing entries have been read, and when a tick has passed.
func next(ctx context.Context, updates <-chan jetstream.KeyValueEntry) (entry jetstream.KeyValueEntry, ticked bool, err error) {
	wait, cancel := context.WithTimeout(ctx, tick)
	defer cancel()
	select {
	case entry, ok := <-updates:
		if !ok {
			return nil, false, errors.New("the server closed the watch")
		}
		return entry, false, nil
	case <-wait.Done():
		return nil, true, ctx.Err()
	}
}

// read processes an entry of the campaign's bucket.
func (f *follower) read(ctx context.Context, entry jetstream.KeyValueEntry) error {
	if entry.Revision() <= f.seen || entry.Operation() != jetstream.KeyValuePut {
		return nil
	}
	kind, key, _ := strings.Cut(entry.Key(), ".")
	if kind == "plan" {
		n, err := strconv.Atoi(key)
		if err != nil || n < f.batches { // planned by this process
			f.seen = entry.Revision()
			return err
		}
		var tasks []Task
		if err := json.Unmarshal(entry.Value(), &tasks); err != nil {
			return fmt.Errorf("campaign %s, %s: %w", f.Name, entry.Key(), err)
		}
		for _, t := range tasks {
			f.job.Planned(t)
		}
		f.planned(tasks)
	} else if t, ok := f.open[key]; ok {
		r, err := f.result(ctx, entry.Value())
		if err != nil {
			return fmt.Errorf("campaign %s, %s: %w", f.Name, entry.Key(), err)
		}
		delete(f.open, key)
		f.progress.Finished++
		if r.Error != "" {
			f.progress.Failures = append(f.progress.Failures, Failure{t, r.Error})
		} else if err := f.job.Add(t, r); err != nil {
			return fmt.Errorf("campaign %s, %s: %w", f.Name, entry.Key(), err)
		}
	}
	f.seen = entry.Revision()
	return nil
}

// planned records a batch of the plan.
func (f *follower) planned(tasks []Task) {
	f.batches++
	f.progress.Planned += len(tasks)
	for _, t := range tasks {
		f.open[t.Key()] = t
	}
}

// A coordinator plans and queues tasks.
type coordinator struct {
	*follower
	workers int       // the largest number of tasks that workers had in hand so far
	counted time.Time // when workers was last counted
	news    time.Time // when the last task finished; zero: queue the open tasks that are not queued
	known   int       // finished tasks at that time
}

// sweepAfter is the time without news after which tasks are queued again that are neither queued nor finished.
const sweepAfter = 30 * time.Second

// step plans and queues tasks, and reports whether the campaign is over.
func (c *coordinator) step(ctx context.Context) (over bool, err error) {
	now := c.client.now()
	if now.Sub(c.counted) >= tick {
		if err := c.client.broken(); err != nil {
			return true, err
		}
		if !c.exists(ctx) {
			return true, fmt.Errorf("%s: %w: it was cancelled", c.Name, ErrNoCampaign)
		}
		if n, err := c.client.inHand(ctx, c.Build); err == nil {
			c.progress.Workers = n
			c.workers = max(c.workers, n)
		}
		c.counted = now
	}
	if c.known != c.progress.Finished {
		c.known, c.news = c.progress.Finished, now
	}
	if now.Sub(c.news) >= sweepAfter {
		for _, t := range c.open {
			if err := c.enqueue(ctx, t); err != nil {
				return false, c.unlessTemporary(ctx, err)
			}
		}
		c.news = now
	}
	room := 2*c.workers + 2 - len(c.open)
	if room <= c.workers && len(c.open) > 0 { // plan in batches
		return false, nil
	}
	tasks := c.job.Plan(Pace{Room: room, Open: len(c.open), Workers: c.workers})
	if len(tasks) == 0 {
		return len(c.open) == 0, nil
	}
	return false, c.plan(ctx, tasks)
}

// plan writes a batch of tasks to the plan and queues them.
func (c *coordinator) plan(ctx context.Context, tasks []Task) error {
	text, err := json.Marshal(tasks)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("plan.%09d", c.batches)
	for {
		_, err = c.entries.Create(ctx, key, text)
		if errors.Is(err, jetstream.ErrKeyExists) {
			// It is this process's own batch if an earlier attempt succeeded without an answer.
			old, err := c.entries.Get(ctx, key)
			if err != nil || !bytes.Equal(old.Value(), text) {
				return fmt.Errorf("%s: %w", c.Name, ErrCoordinated)
			}
			break
		}
		if err == nil {
			break
		}
		if err = c.unlessTemporary(ctx, err); err != nil {
			return err
		}
		pause(ctx, tick)
	}
	c.planned(tasks)
	for _, t := range tasks {
		if err := c.enqueue(ctx, t); err != nil {
			c.news = time.Time{} // the next step queues the rest
			return c.unlessTemporary(ctx, err)
		}
	}
	return nil
}

// unlessTemporary returns nil if the server may answer again later.
func (c *coordinator) unlessTemporary(ctx context.Context, err error) error {
	var api *jetstream.APIError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &api) && api.Code == 404: // the bucket is gone
		return fmt.Errorf("%s: %w: it was cancelled", c.Name, ErrNoCampaign)
	}
	return c.client.broken()
}

// inHand returns the number of tasks of a build that workers have in hand.
func (c *Client) inHand(ctx context.Context, build string) (int, error) {
	consumer, err := c.js.Consumer(ctx, tasksStream, build)
	if err != nil {
		return 0, err
	}
	info, err := consumer.Info(ctx)
	if err != nil {
		return 0, err
	}
	return info.NumAckPending, nil
}
