package fleet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

// A sum is a job: task N gives the text of N. run, unless nil, is called in place of that.
type sum struct {
	tasks   int
	planned int
	got     map[uint64]string
	run     func(t fleet.Task, stop func() bool) ([]byte, error)
}

func newSum(tasks int) *sum { return &sum{tasks: tasks, got: map[uint64]string{}} }

func (s *sum) Run(t fleet.Task, stop func() bool) ([]byte, error) {
	if s.run != nil {
		return s.run(t, stop)
	}
	return fmt.Appendf(nil, "%d", t.First), nil
}

func (s *sum) Plan(p fleet.Pace) (tasks []fleet.Task) {
	for len(tasks) < p.Room && s.planned < s.tasks {
		tasks = append(tasks, fleet.Task{Kind: "n", First: uint64(s.planned), Count: 1})
		s.planned++
	}
	return tasks
}

func (s *sum) Planned(fleet.Task) { s.planned++ }

func (s *sum) Add(t fleet.Task, r fleet.Result) error {
	if _, twice := s.got[t.First]; twice {
		return fmt.Errorf("task %d is added twice", t.First)
	}
	s.got[t.First] = string(r.Data)
	return nil
}

// complete checks that the job has the result of each task.
func (s *sum) complete(t *testing.T) {
	t.Helper()
	for n := range s.tasks {
		if got := s.got[uint64(n)]; got != fmt.Sprint(n) {
			t.Errorf("task %d: result %q", n, got)
		}
	}
}

// now is the clock of the tests.
func now() time.Time { return time.Now() }

// A rig is a server with a client.
type rig struct {
	*fleet.Client
	server *fleet.Server
	ctx    context.Context
	note   func(string) // of workers
}

const build = "build1"

// newRig starts a server on a directory. The queue has a short acknowledgement wait.
func newRig(t testing.TB, dir string) *rig {
	t.Helper()
	server, err := fleet.NewServer(fleet.ServerOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	client, err := fleet.Dial(ctx, fleet.DialOptions{Server: server, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Queue(ctx, build, 300*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	r := &rig{Client: client, server: server, ctx: ctx}
	t.Cleanup(func() {
		cancel()
		r.close()
	})
	return r
}

func (r *rig) close() {
	r.Client.Close()
	if r.server != nil {
		r.server.Close()
		r.server = nil
	}
}

// create makes or opens the campaign of a name.
func (r *rig) create(t testing.TB, name string, inputs map[string][]byte) *fleet.Campaign {
	t.Helper()
	c, err := r.Create(r.ctx, fleet.Manifest{Kind: "sum", Build: build, Params: []byte(name)}, inputs)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// work employs workers with a job until the returned function is called.
func (r *rig) work(job fleet.Job, workers, attempts int) (end func()) {
	ctx, cancel := context.WithCancel(r.ctx)
	var group sync.WaitGroup
	group.Go(func() {
		_ = r.Work(ctx, fleet.Crew{
			Build: build, Worker: "w", Workers: workers, Attempts: attempts, Note: r.note,
			Job: func(fleet.Manifest, func(string) ([]byte, error)) (fleet.Job, error) { return job, nil },
		})
	})
	return func() {
		cancel()
		group.Wait()
	}
}

func (r *rig) coordinate(t testing.TB, c *fleet.Campaign, job fleet.Job) (last fleet.Progress) {
	t.Helper()
	if err := c.Coordinate(r.ctx, job, 2, func(p fleet.Progress) { last = p }); err != nil {
		t.Error(err)
	}
	return last
}

// receive receives from a channel, unless the test takes too long.
func receive[T any](t *testing.T, r *rig, c <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-c:
	case <-r.ctx.Done():
		t.Fatal(r.ctx.Err())
	}
	return value
}

// TestCampaign runs a campaign, and reads it again.
func TestCampaign(t *testing.T) {
	r := newRig(t, t.TempDir())
	defer r.work(newSum(0), 3, 0)()
	c, job := r.create(t, "x", nil), newSum(50)
	if p := r.coordinate(t, c, job); p.Planned != 50 || p.Finished != 50 || len(p.Failures) > 0 {
		t.Errorf("%+v", p)
	}
	job.complete(t)

	job = newSum(50)
	if _, err := c.Read(r.ctx, job); err != nil {
		t.Fatal(err)
	}
	job.complete(t)

	job = newSum(50)
	if err := c.Watch(r.ctx, job, func(fleet.Progress) {}); err != nil {
		t.Fatal(err)
	}
	job.complete(t)

	list, err := r.List(r.ctx)
	if err != nil || len(list) != 1 || !list[0].Done || list[0].Name != c.Name {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestLargeResult stores a result that is too large for a message.
func TestLargeResult(t *testing.T) {
	r := newRig(t, t.TempDir())
	worker, job := newSum(0), newSum(1)
	large := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	worker.run = func(fleet.Task, func() bool) ([]byte, error) { return large, nil }
	defer r.work(worker, 1, 0)()
	r.coordinate(t, r.create(t, "x", nil), job)
	if job.got[0] != string(large) {
		t.Errorf("%d bytes, not %d", len(job.got[0]), len(large))
	}
}

// TestInput reads an input.
func TestInput(t *testing.T) {
	r := newRig(t, t.TempDir())
	c := r.create(t, "x", map[string][]byte{"trace": []byte("text")})
	if data, err := c.Input(r.ctx, "trace"); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := c.Input(r.ctx, "none"); err == nil {
		t.Error("no error for an unknown input")
	}
}

// TestFailures runs tasks that fail and panic. Each is set aside, and the others have results.
func TestFailures(t *testing.T) {
	r := newRig(t, t.TempDir())
	worker, job := newSum(0), newSum(10)
	worker.run = func(t fleet.Task, _ func() bool) ([]byte, error) {
		switch t.First {
		case 2:
			return nil, errors.New("no luck")
		case 5:
			panic("no way")
		}
		return fmt.Appendf(nil, "%d", t.First), nil
	}
	defer r.work(worker, 2, 0)()
	p := r.coordinate(t, r.create(t, "x", nil), job)
	slices.SortFunc(p.Failures, func(a, b fleet.Failure) int { return strings.Compare(a.Key(), b.Key()) })
	if len(p.Failures) != 2 || p.Failures[0].Error != "no luck" || p.Failures[0].Key() != "n-2-1" ||
		!strings.HasPrefix(p.Failures[1].Error, "panic: no way") || p.Finished != 10 || len(job.got) != 8 {
		t.Errorf("%+v", p)
	}
}

// TestSetAside gives a task to a worker that takes it and never reports, as often as the number of attempts.
func TestSetAside(t *testing.T) {
	r := newRig(t, t.TempDir())
	c, job := r.create(t, "x", nil), newSum(3)
	over := make(chan fleet.Progress, 1)
	go func() { over <- r.coordinate(t, c, job) }()
	for n := 0; n < 3*2; {
		n += r.Take(t, r.ctx, build)
	}
	defer r.work(newSum(0), 1, 2)()
	p := receive(t, r, over)
	if len(p.Failures) != 3 || !strings.Contains(p.Failures[0].Error, "set aside: 2 workers crashed") {
		t.Errorf("%+v", p)
	}
}

// TestResume stops a coordinator, its workers and its server in the middle, and continues on the same directory.
func TestResume(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir)
	end := r.work(newSum(0), 2, 0)
	c, job := r.create(t, "x", nil), newSum(300)
	ctx, stop := context.WithCancel(r.ctx)
	err := c.Coordinate(ctx, job, 2, func(p fleet.Progress) {
		if p.Finished >= 100 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || len(job.got) >= 300 {
		t.Errorf("%v, %d results", err, len(job.got))
	}
	end()
	r.close()

	r = newRig(t, dir)
	var again sync.Map
	worker := newSum(0)
	worker.run = func(t fleet.Task, _ func() bool) ([]byte, error) {
		again.Store(t.First, true)
		return fmt.Appendf(nil, "%d", t.First), nil
	}
	defer r.work(worker, 2, 0)()
	first := len(job.got)
	job = newSum(300)
	r.coordinate(t, r.create(t, "x", nil), job)
	job.complete(t)
	repeated := 0
	again.Range(func(any, any) bool { repeated++; return true })
	if repeated > 300-first+10 {
		t.Errorf("%d tasks ran after the restart, %d results were there", repeated, first)
	}
}

// TestLostTasks removes all tasks from the queue while they wait. The coordinator queues them again.
func TestLostTasks(t *testing.T) {
	r := newRig(t, t.TempDir())
	c, job := r.create(t, "x", nil), newSum(20)
	ctx, stop := context.WithCancel(r.ctx)
	_ = c.Coordinate(ctx, job, 2, func(fleet.Progress) { stop() })
	if err := r.Purge(r.ctx); err != nil {
		t.Fatal(err)
	}
	defer r.work(newSum(0), 2, 0)()
	job = newSum(20)
	r.coordinate(t, c, job)
	job.complete(t)
}

// TestTwoCoordinators lets two processes plan the same campaign differently. One of them gives up.
func TestTwoCoordinators(t *testing.T) {
	r := newRig(t, t.TempDir())
	c := r.create(t, "x", nil)
	ctx, stop := context.WithCancel(r.ctx)
	first := c.Coordinate(ctx, newSum(1000), 2, func(p fleet.Progress) {
		if p.Planned == 0 {
			return
		}
		other := newSum(1000)
		other.planned = 7
		if err := c.CoordinateLate(r.ctx, other); !errors.Is(err, fleet.ErrCoordinated) {
			t.Errorf("got %v", err)
		}
		stop()
	})
	if !errors.Is(first, context.Canceled) {
		t.Errorf("got %v", first)
	}
}

// TestFullStore lets the store refuse results for a while. The worker tells so and tries again.
func TestFullStore(t *testing.T) {
	r := newRig(t, t.TempDir())
	c, job, worker := r.create(t, "x", nil), newSum(30), newSum(0)
	full := make(chan struct{}, 1)
	r.note = func(text string) {
		if strings.Contains(text, "does not store a result") {
			select {
			case full <- struct{}{}:
			default:
			}
		}
	}
	over := make(chan fleet.Progress, 1)
	worker.run = func(t fleet.Task, _ func() bool) ([]byte, error) {
		if t.First == 5 {
			_ = c.LimitResults(r.ctx, 10)
		}
		return fmt.Appendf(nil, "%d", t.First), nil
	}
	defer r.work(worker, 1, 0)()
	go func() { over <- r.coordinate(t, c, job) }()
	receive(t, r, full)
	if err := c.LimitResults(r.ctx, 0); err != nil {
		t.Fatal(err)
	}
	receive(t, r, over)
	job.complete(t)
}

// TestCancel cancels a campaign at work. Its coordinator and its workers stop.
func TestCancel(t *testing.T) {
	r := newRig(t, t.TempDir())
	worker := newSum(0)
	running := make(chan struct{}, 100)
	worker.run = func(_ fleet.Task, stop func() bool) ([]byte, error) {
		running <- struct{}{}
		for !stop() {
			time.Sleep(time.Millisecond)
		}
		return nil, fleet.ErrStopped
	}
	end := r.work(worker, 2, 0)
	c := r.create(t, "x", nil)
	over := make(chan error, 1)
	go func() { over <- c.Coordinate(r.ctx, newSum(10), 2, func(fleet.Progress) {}) }()
	receive(t, r, running)
	if err := c.Cancel(r.ctx); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, r, over); !errors.Is(err, fleet.ErrNoCampaign) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Find(r.ctx, c.Name); !errors.Is(err, fleet.ErrNoCampaign) {
		t.Errorf("got %v", err)
	}
	end()
	defer r.work(newSum(0), 2, 0)()
	job := newSum(10) // a new campaign with the same parameters
	r.coordinate(t, r.create(t, "x", nil), job)
	job.complete(t)
}

// TestHandBack stops a worker while it runs a task. Another worker gets the task at once, and no attempt is counted.
func TestHandBack(t *testing.T) {
	r := newRig(t, t.TempDir())
	c, job := r.create(t, "x", nil), newSum(1)
	over := make(chan fleet.Progress, 1)
	go func() { over <- r.coordinate(t, c, job) }()
	for range 4 {
		leaving, running := newSum(0), make(chan struct{}, 1)
		leaving.run = func(_ fleet.Task, stop func() bool) ([]byte, error) {
			running <- struct{}{}
			for !stop() {
				time.Sleep(time.Millisecond)
			}
			return nil, fleet.ErrStopped
		}
		end := r.work(leaving, 1, 1)
		receive(t, r, running)
		end()
	}
	defer r.work(newSum(0), 1, 1)()
	if p := receive(t, r, over); len(p.Failures) > 0 {
		t.Errorf("%+v", p)
	}
	job.complete(t)
}

// TestBound waits for a server that stops: a bound call ends, and not before.
func TestBound(t *testing.T) {
	r := newRig(t, t.TempDir())
	ctx, cancel := r.Bound(r.ctx, 200*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		t.Fatal("ended although the server runs:", context.Cause(ctx))
	case <-time.After(500 * time.Millisecond):
	}
	r.server.Close()
	r.server = nil
	if _, err := r.List(ctx); err == nil || !errors.Is(context.Cause(ctx), fleet.ErrAway) || r.ctx.Err() != nil {
		t.Error(err, context.Cause(ctx), r.ctx.Err())
	}
}

// TestLock starts a second server on a directory.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir)
	if _, err := fleet.NewServer(fleet.ServerOptions{Dir: dir}); !errors.Is(err, fleet.ErrLocked) {
		t.Errorf("got %v", err)
	}
	r.close()
	newRig(t, dir)
}

// TestName checks that the name of a campaign depends on all its parts.
func TestName(t *testing.T) {
	names := map[string]bool{}
	for _, parts := range [][3]string{{"b", "k", "p"}, {"b2", "k", "p"}, {"b", "k2", "p"}, {"b", "k", "p2"}, {"bk", "", "p"}, {"b", "kp", ""}} {
		names[fleet.Name(parts[0], parts[1], []byte(parts[2]))] = true
	}
	if len(names) != 6 {
		t.Errorf("%v", names)
	}
}

// TestManifest reads a manifest back.
func TestManifest(t *testing.T) {
	r := newRig(t, t.TempDir())
	want := r.create(t, "x", nil).Manifest
	c, err := r.Find(r.ctx, "sum-")
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(c.Manifest)
	if text, _ := json.Marshal(want); string(got) != string(text) {
		t.Errorf("got %s, want %s", got, text)
	}
}

// BenchmarkTasks measures the tasks per second of one embedded server: each is planned, queued, fetched, stored and
// merged, and takes no time itself.
func BenchmarkTasks(b *testing.B) {
	for _, workers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			r := newRig(b, b.TempDir())
			worker := newSum(0)
			result := bytes.Repeat([]byte("0123456789abcdef"), 160)
			worker.run = func(fleet.Task, func() bool) ([]byte, error) { return result, nil }
			defer r.work(worker, workers, 0)()
			b.ResetTimer()
			if err := r.create(b, fmt.Sprint(b.N), nil).Coordinate(r.ctx, newSum(b.N), workers, func(fleet.Progress) {}); err != nil {
				b.Error(err)
			}
		})
	}
}
