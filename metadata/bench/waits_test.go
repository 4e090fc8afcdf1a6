package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// control is the name of the situation without a collection, with which the waits during a collection are compared.
const control = "control"

// callInterval is the time between two calls of the writer, and of the reader, that measure waits.
const callInterval = 200 * time.Microsecond

// usualWindow is the shortest time for which calls are made. The collection starts after a tenth of it. The calls go on
// until it has passed and the collection has ended.
const usualWindow = time.Second

// waits are the durations of calls beside a collection, of a writer that changes a label of an image, and of a reader
// that gets an image. Both make a call every callInterval on average. A call that takes longer also delays the
// calls that are due meanwhile. These are counted with the delay.
type waits struct{ write, read latencies }

// latencies summarizes the durations of many calls.
type latencies struct{ p50, p999, max time.Duration }

// measureWaits makes calls beside the collection of a situation, or beside none if the situation is control.
func (db *agedDB) measureWaits(name string, window time.Duration) (w waits, err error) {
	if name == control {
		return db.callBeside(window, func() error { return nil })
	}
	s, err := situationOf(name)
	if err != nil {
		return w, err
	}
	if err := db.prepare(s); err != nil {
		return w, err
	}
	w, err = db.callBeside(window, func() error {
		_, err := db.measureCollection()
		return err
	})
	if err != nil {
		return w, err
	}
	return w, db.restore(s)
}

func situationOf(name string) (situation, error) {
	for _, s := range situations {
		if s.name == name {
			return s, nil
		}
	}
	return situation{}, fmt.Errorf("no situation %q", name)
}

// callBeside makes calls beside fn.
func (db *agedDB) callBeside(window time.Duration, fn func() error) (w waits, err error) {
	var calls [2]struct {
		durations []time.Duration
		err       error
	}
	var running sync.WaitGroup
	var ended atomic.Bool
	start := time.Now()
	done := func() bool { return ended.Load() && time.Since(start) >= window }
	running.Go(func() {
		calls[0].durations, calls[0].err = timeCalls(done, func(n int) error {
			return db.relabelImage(inDefault, db.bystander(n))
		})
	})
	running.Go(func() {
		calls[1].durations, calls[1].err = timeCalls(done, func(n int) error {
			_, err := db.images.Get(inDefault, imageName(db.bystander(n)))
			return err
		})
	})
	time.Sleep(window / 10)
	err = fn()
	ended.Store(true)
	running.Wait()
	if err := errors.Join(err, calls[0].err, calls[1].err); err != nil {
		return w, err
	}
	return waits{summary(calls[0].durations), summary(calls[1].durations)}, nil
}

// bystander returns an image that no situation deletes.
func (db *agedDB) bystander(n int) int {
	group := n%max(db.groups/20, 1)*20 + 2
	return group*groupImages + n%(groupImages-1)
}

// timeCalls makes calls until done, and returns their durations. After a call that takes longer than callInterval it
// adds the durations that the calls due meanwhile would have had.
func timeCalls(done func() bool, call func(n int) error) (durations []time.Duration, err error) {
	begin := time.Now()
	for n := 0; n == 0 || !done(); n++ {
		if wait := time.Duration(len(durations))*callInterval - time.Since(begin); wait > 0 {
			time.Sleep(wait)
		}
		start := time.Now()
		if err := call(n); err != nil {
			return nil, err
		}
		for d := time.Since(start); ; d -= callInterval {
			durations = append(durations, d)
			if d <= callInterval {
				break
			}
		}
	}
	return durations, nil
}

func summary(durations []time.Duration) latencies {
	slices.Sort(durations)
	at := func(share float64) time.Duration { return durations[int(math.Ceil(share*float64(len(durations))))-1] }
	return latencies{at(0.5), at(0.999), at(1)}
}

// BenchmarkWaits measures the waits beside collections of this module alone:
//
//	go test ./metadata/bench -run '^$' -bench 'Waits/100k/(control|deleted)' -benchtime 5x
func BenchmarkWaits(b *testing.B) {
	for _, size := range scales {
		b.Run(size.name, func(b *testing.B) {
			db := lazyDB(b, holdfast, size.objects)
			for _, name := range waitSituations() {
				b.Run(name, func(b *testing.B) {
					db := db()
					var list []waits
					for b.Loop() {
						w, err := db.measureWaits(name, usualWindow)
						must(b, err)
						list = append(list, w)
					}
					for _, l := range waitQuantities {
						b.ReportMetric(float64(quantile(each(list, l.get), 2)), l.name)
					}
					b.ReportMetric(0, "ns/op")
				})
			}
		})
	}
}

// waitSituations are the situations beside which waits are measured.
func waitSituations() (names []string) {
	names = append(names, control)
	for _, s := range situations {
		if !s.noWait {
			names = append(names, s.name)
		}
	}
	return names
}

// waitQuantities are the parts of waits.
var waitQuantities = []struct {
	name string
	get  func(waits) time.Duration
}{
	{"write-p50-ns", func(w waits) time.Duration { return w.write.p50 }},
	{"write-p99.9-ns", func(w waits) time.Duration { return w.write.p999 }},
	{"write-max-ns", func(w waits) time.Duration { return w.write.max }},
	{"read-p50-ns", func(w waits) time.Duration { return w.read.p50 }},
	{"read-p99.9-ns", func(w waits) time.Duration { return w.read.p999 }},
	{"read-max-ns", func(w waits) time.Duration { return w.read.max }},
}
