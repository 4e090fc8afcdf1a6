package metadata_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// actors is a scheduler that runs one coroutine at a time. Its clock advances when no coroutine can run.
type actors struct {
	now    time.Duration
	parked []*actor
	active *actor
	log    []string
}

type actor struct {
	resume func() (ready func() bool, ok bool)
	park   func(ready func() bool) bool
	ready  func() bool
}

// Park implements lock.Scheduler.
func (a *actors) Park(ready func() bool) { a.active.park(ready) }

// sleep parks the running actor for the given duration.
func (a *actors) sleep(d time.Duration) {
	until := a.now + d
	a.Park(func() bool { return a.now >= until })
}

func (a *actors) start(run func()) {
	next := &actor{ready: func() bool { return true }}
	next.resume, _ = iter.Pull(func(yield func(func() bool) bool) {
		next.park = yield
		run()
	})
	a.parked = append(a.parked, next)
}

func (a *actors) note(format string, args ...any) {
	a.log = append(a.log, fmt.Sprintf("%v ", a.now)+fmt.Sprintf(format, args...))
}

// run runs all actors to their end.
func (a *actors) run(t *testing.T) {
	for len(a.parked) > 0 {
		i := slices.IndexFunc(a.parked, func(p *actor) bool { return p.ready() })
		if i < 0 {
			if a.now += time.Second; a.now > time.Hour {
				t.Fatal("deadlock: all actors wait and none sleeps")
			}
			continue
		}
		a.active = a.parked[i]
		ready, ok := a.active.resume()
		if a.active.ready = ready; !ok {
			a.parked = slices.Delete(a.parked, i, i+1)
		}
	}
}

// A hangingBackend is a content backend with one blob. Its Walk takes ten seconds, and its Delete five.
type hangingBackend struct {
	content.Store
	actors *actors
}

func (b hangingBackend) Walk(ctx context.Context, fn content.WalkFunc, _ ...string) error {
	b.actors.note("walk begins")
	b.actors.sleep(10 * time.Second)
	b.actors.note("walk ends")
	return fn(content.Info{Digest: digest.FromString("garbage")})
}

func (b hangingBackend) Delete(context.Context, digest.Digest) error {
	b.actors.sleep(5 * time.Second)
	b.actors.note("blob deleted")
	return nil
}

func (b hangingBackend) ListStatuses(context.Context, ...string) ([]content.Status, error) {
	return nil, nil
}

// While a cleaning walks a backend, in virtual time, no call waits. While it removes something from the backend, a call
// that needs its lock waits, and another call returns.
func TestLocksPark(t *testing.T) {
	a := &actors{}
	db := metadata.NewDB(memkv.New(memkv.WithScheduler(a)), hangingBackend{actors: a}, nil, metadata.WithScheduler(a))
	if err := db.Init(context.Background()); err != nil {
		t.Fatal(err)
	}
	a.start(func() {
		_, err := db.GarbageCollect(context.Background())
		a.note("collected: %v", err)
	})
	calls := func() {
		a.start(func() {
			err := db.ContentStore().Delete(inDefault, digest.FromString("none"))
			a.note("content: not found %v", errdefs.IsNotFound(err))
		})
		a.start(func() {
			_, err := metadata.NewImageStore(db).Create(inDefault, numberedImage(1))
			a.note("image: exists %v", errdefs.IsAlreadyExists(err))
		})
	}
	calls()
	a.start(func() {
		a.sleep(12 * time.Second)
		calls()
	})
	a.run(t)
	want := []string{"0s walk begins", "0s content: not found true", "0s image: exists false", "10s walk ends",
		"12s image: exists true", "15s blob deleted", "15s collected: <nil>", "15s content: not found true"}
	if !slices.Equal(a.log, want) {
		t.Errorf("%q", a.log)
	}
}
