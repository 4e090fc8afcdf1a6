package compare_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

func inNamespace(namespace string) context.Context {
	return namespaces.WithNamespace(context.Background(), namespace)
}

// hidden wraps a schedule to hide its type, so that the daemon cannot skip its checks.
type hidden struct{ schedule.Policy }

// A daemon skips the looks of containerd's scheduler at which it would see no need: it collects at the same times.
func TestDaemonSkipsLooks(t *testing.T) {
	for seed := range uint64(5) {
		var times [2][]time.Time
		for side := range times {
			random := rand.New(rand.NewPCG(seed, 1))
			e, err := engine.New(engine.WithoutSchedule())
			if err != nil {
				t.Fatal(err)
			}
			settings := schedule.Defaults()
			settings.MutationThreshold, settings.DeletionThreshold = random.IntN(6), random.IntN(3)
			settings.ScheduleDelay = time.Duration(random.IntN(3)) * time.Second
			var s schedule.Policy = schedule.NewContainerd(settings, e.Clock().Now())
			if side == 1 {
				s = hidden{s}
			}
			d := compare.NewDaemon(e, s, compare.DaemonOptions{
				Pause: func(int) time.Duration { return time.Duration(5+random.IntN(100)) * time.Millisecond },
				Collected: func(engine.Collection, time.Duration) error {
					times[side] = append(times[side], e.Clock().Now())
					return nil
				},
			})
			ctx := inNamespace("default")
			made := 0
			for range 60 {
				if err := d.Pass(d.Now().Add(time.Duration(random.Int64N(int64(time.Minute))))); err != nil {
					t.Fatal(err)
				}
				switch random.IntN(4) {
				case 0:
					d.Trigger()
				case 1:
					if made > 0 {
						made--
						err = e.Leases().Delete(ctx, leases.Lease{ID: string(rune('a' + made))})
					}
				default:
					_, err = e.Leases().Create(ctx, func(l *leases.Lease) error { l.ID = string(rune('a' + made)); return nil })
					made++
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if d.Collections() != len(times[side]) {
				t.Errorf("%d collections, told of %d", d.Collections(), len(times[side]))
			}
		}
		if !slices.Equal(times[0], times[1]) || len(times[0]) < 5 {
			t.Errorf("seed %d: collected %d times, without skipping %d times", seed, len(times[0]), len(times[1]))
		}
	}
}

// stuck is a schedule that wants to be asked at once, again and again.
type stuck struct{ schedule.Policy }

func (stuck) Next() (time.Time, bool) { return engine.Start, true }
func (stuck) Begin(time.Time) bool    { return false }
func (stuck) String() string          { return "stuck" }

func TestDaemonStuck(t *testing.T) {
	e, err := engine.New(engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	d := compare.NewDaemon(e, stuck{schedule.NewNever()}, compare.DaemonOptions{})
	if err := d.Pass(d.Now().Add(time.Hour)); !errdefs.IsInternal(err) {
		t.Errorf("%v", err)
	}
}

// A schedule gone wild is an error, not an endless study.
func TestTooManyCollections(t *testing.T) {
	r, err := compare.Begin(compare.Study{Profile: "edge", Days: 1, Seeds: 1, NoClairvoyant: true, Policies: policies(t, "interval:1ns")})
	if err == nil {
		err = r.Run(1, nil, nil)
	}
	if !errdefs.IsResourceExhausted(err) {
		t.Errorf("%v", err)
	}
}
