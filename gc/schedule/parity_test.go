package schedule_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/containerd/v2/pkg/gc"
	"github.com/containerd/containerd/v2/plugins"
	_ "github.com/containerd/containerd/v2/plugins/gc"
	"github.com/containerd/log"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"
	"github.com/sirupsen/logrus"

	"github.com/holdfast-gc/holdfast/gc/schedule"
)

// A scenario is a list of events for a scheduler, containerd's or ours.
type scenario struct {
	settings schedule.Settings
	events   []event      // by time
	runs     []collection // the first collection, the second, and so on, cyclically
	length   time.Duration
}

type event struct {
	at      time.Duration
	trigger bool
	dirty   bool
}

type collection struct {
	takes  time.Duration // from Begin to End
	locks  time.Duration
	failed bool
}

func (s scenario) run(n int) collection { return s.runs[n%len(s.runs)] }

// TestContainerdParity runs containerd's scheduler and ours through the same scenarios in virtual time. Every
// collection must begin at the same nanosecond. Not covered: two events at the same nanosecond, which containerd orders
// at random.
func TestContainerdParity(t *testing.T) {
	const seed = 11
	begun := 0
	for n := range 600 {
		s := randomScenario(rand.New(rand.NewPCG(seed, uint64(n))))
		want := playReal(t, s)
		got := play(schedule.NewContainerd(s.settings, time.Time{}.Add(time.Hour)), time.Time{}.Add(time.Hour), s)
		begun += len(want)
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d, scenario %d: %+v\ncollections began at\n%v, containerd's at\n%v", seed, n, s, got, want)
		}
	}
	if begun < 5000 {
		t.Errorf("only %d collections: the scenarios don't try much", begun)
	}
}

func FuzzContainerdParity(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, one, two uint64) {
		s := randomScenario(rand.New(rand.NewPCG(one, two)))
		want := playReal(t, s)
		got := play(schedule.NewContainerd(s.settings, time.Time{}), time.Time{}, s)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\ncollections began at\n%v, containerd's at\n%v", s, got, want)
		}
	})
}

func randomScenario(r *rand.Rand) scenario {
	pick := func(d ...time.Duration) time.Duration { return d[r.IntN(len(d))] }
	// Odd nanoseconds keep events apart.
	about := func(d time.Duration) time.Duration { return time.Duration(r.Int64N(2*int64(d)+1)) | 1 }
	s := scenario{
		settings: schedule.Settings{
			PauseThreshold:    []float64{-1, 0, 0.02, 0.02, 0.1, 0.37, 0.5, 3}[r.IntN(8)],
			DeletionThreshold: []int{-1, 0, 0, 1, 5}[r.IntN(5)],
			MutationThreshold: []int{-1, 0, 1, 10, 100}[r.IntN(5)],
			ScheduleDelay:     pick(-1, 0, 0, 10*time.Millisecond, 3*time.Second),
			StartupDelay:      pick(-1, 0, 100*time.Millisecond, 100*time.Millisecond, 5*time.Second),
		},
		length: 20 * time.Second,
	}
	spacing := pick(time.Millisecond, 20*time.Millisecond, 500*time.Millisecond, 4*time.Second)
	dirty, trigger := r.Float64(), r.Float64()*0.3
	if r.IntN(3) == 0 {
		dirty = 0
	}
	for at := about(spacing); at < s.length && len(s.events) < 400; at += about(spacing) {
		s.events = append(s.events, event{at: at, trigger: r.Float64() < trigger, dirty: r.Float64() < dirty})
	}
	mostly := pick(time.Microsecond, 3*time.Millisecond, 40*time.Millisecond, 700*time.Millisecond)
	for range 1 + r.IntN(6) {
		c := collection{locks: about(mostly), failed: r.IntN(6) == 0}
		c.takes = c.locks + about(mostly)
		s.runs = append(s.runs, c)
	}
	if s.runs[0].failed && s.settings.ScheduleDelay <= 0 {
		// The second collection begins when the first one fails, together with the triggers that came in between.
		for i := range s.events {
			s.events[i].trigger = false
		}
	}
	return s
}

// play runs a policy through a scenario in virtual time. It returns the times at which collections began, relative to
// the start.
func play(p schedule.Policy, start time.Time, s scenario) []time.Duration {
	var began []time.Duration
	running := false
	var ends time.Time
	events := s.events
	for {
		// The next step is an event, the end of a collection, or a call of Begin.
		now, what := start.Add(s.length), "stop"
		consider := func(at time.Time, then string) {
			if at.Before(now) {
				now, what = at, then
			}
		}
		if len(events) > 0 {
			consider(start.Add(events[0].at), "event")
		}
		if running {
			consider(ends, "end")
		}
		if at, ok := p.Next(); ok {
			consider(at, "begin")
		}
		switch what {
		case "stop":
			return began
		case "event":
			if events[0].trigger {
				p.Trigger(now)
			} else {
				p.Mutation(now, schedule.Change{Dirty: events[0].dirty})
			}
			events = events[1:]
		case "begin":
			if p.Begin(now) {
				running, ends = true, now.Add(s.run(len(began)).takes)
				began = append(began, now.Sub(start))
			}
		case "end":
			c := s.run(len(began) - 1)
			running = false
			p.End(now, schedule.Result{Lock: c.locks, Failed: c.failed})
		}
	}
}

// A collector replaces the metadata database: it records collections and lets them take time.
type collector struct {
	scenario scenario
	start    time.Time
	mutated  func(dirty bool)

	mu      sync.Mutex
	began   []time.Duration
	ended   chan struct{} // closed when the running collection ends; nil when none runs
	awaited bool          // a trigger waits for that
}

func (c *collector) RegisterMutationCallback(fn func(bool)) { c.mutated = fn }

func (c *collector) GarbageCollect(context.Context) (gc.Stats, error) {
	c.mu.Lock()
	run := c.scenario.run(len(c.began))
	c.began = append(c.began, time.Since(c.start))
	c.ended, c.awaited = make(chan struct{}), false
	c.mu.Unlock()
	time.Sleep(run.takes)
	c.mu.Lock()
	close(c.ended)
	c.ended = nil
	c.mu.Unlock()
	if run.failed {
		return nil, errors.New("failed as told")
	}
	return elapsed(run.locks), nil
}

// running returns the channel that closes when the running collection ends; nil if none runs.
func (c *collector) running() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// trigger requests a collection from a scheduler. During a collection the scheduler holds a mutex on which triggers
// wait, and waiting on a mutex stops virtual time forever. Therefore the first trigger waits here instead, with the
// same effect, and later triggers, which would have no effect of their own, do nothing.
func (c *collector) trigger(ctx context.Context, s scheduler) {
	c.mu.Lock()
	ended, first := c.ended, !c.awaited
	c.awaited = true
	c.mu.Unlock()
	if ended != nil {
		if !first {
			return
		}
		<-ended
	}
	_, _ = s.ScheduleAndWait(ctx)
}

type elapsed time.Duration

func (e elapsed) Elapsed() time.Duration { return time.Duration(e) }

// playReal runs containerd's own plugin through a scenario.
func playReal(t *testing.T, s scenario) []time.Duration {
	t.Helper()
	var began []time.Duration
	synctest.Test(t, func(t *testing.T) {
		quiet := logrus.New()
		quiet.SetOutput(io.Discard)
		ctx, cancel := context.WithCancel(log.WithLogger(t.Context(), logrus.NewEntry(quiet)))
		defer cancel()

		c := &collector{scenario: s, start: time.Now()}
		scheduler := startPlugin(t, ctx, c)
		for _, e := range s.events {
			time.Sleep(time.Until(c.start.Add(e.at)))
			if e.trigger {
				go c.trigger(ctx, scheduler)
			} else {
				c.mutated(e.dirty)
			}
		}
		time.Sleep(time.Until(c.start.Add(s.length)))
		c.mu.Lock()
		began = slices.Clone(c.began)
		c.mu.Unlock()
		// The scheduler must receive the remaining events before it stops, or their senders would block forever.
		for ended := c.running(); ended != nil; ended = c.running() {
			<-ended
			synctest.Wait()
		}
	})
	return began
}

type scheduler interface {
	ScheduleAndWait(context.Context) (gc.Stats, error)
}

// startPlugin starts containerd's scheduler as the daemon does.
func startPlugin(t *testing.T, ctx context.Context, c *collector) scheduler {
	t.Helper()
	metadata := plugin.Registration{
		Type:   plugins.MetadataPlugin,
		ID:     "bolt",
		InitFn: func(*plugin.InitContext) (any, error) { return c, nil },
	}
	set := plugin.NewPluginSet()
	if err := set.Add(metadata.Init(plugin.NewContext(ctx, set, nil))); err != nil {
		t.Fatal(err)
	}
	for _, r := range registry.Graph(func(*plugin.Registration) bool { return false }) {
		if r.Type != plugins.GCPlugin {
			continue
		}
		ic := plugin.NewContext(ctx, set, nil)
		ic.Config = configuration(r.Config, c.scenario.settings)
		instance, err := r.Init(ic).Instance()
		if err != nil {
			t.Fatal(err)
		}
		return instance.(scheduler)
	}
	t.Fatal("containerd registers no scheduler")
	return nil
}

// configuration copies settings to the plugin's own type, field by field.
func configuration(like any, s schedule.Settings) any {
	config := reflect.New(reflect.TypeOf(like).Elem())
	from := reflect.ValueOf(s)
	for i := range from.NumField() {
		to := config.Elem().FieldByName(from.Type().Field(i).Name)
		to.Set(from.Field(i).Convert(to.Type()))
	}
	return config.Interface()
}

// TestDefaultsAreContainerds compares [schedule.Defaults] with the configuration that the plugin is registered with.
func TestDefaultsAreContainerds(t *testing.T) {
	for _, r := range registry.Graph(func(*plugin.Registration) bool { return false }) {
		if r.Type != plugins.GCPlugin {
			continue
		}
		if got := configuration(r.Config, schedule.Defaults()); !reflect.DeepEqual(got, r.Config) {
			t.Errorf("%+v, containerd's are %+v", got, r.Config)
		}
		if want, got := reflect.TypeOf(r.Config).Elem().NumField(), reflect.TypeFor[schedule.Settings]().NumField(); got != want {
			t.Errorf("%d settings, containerd has %d", got, want)
		}
	}
}
