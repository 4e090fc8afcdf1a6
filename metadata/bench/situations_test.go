package bench

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/snapshots"

	"github.com/holdfast-gc/holdfast/metadata"
)

// scales are the sizes of aged databases. The last one is measured with -long only.
var scales = []scale{{"10k", 10_000}, {"100k", 100_000}, {"1M", 1_000_000}}

type scale struct {
	name    string
	objects int
}

// A situation is a state of the database in which a collection is measured. Each turn begins and ends with a database
// that has just been collected.
type situation struct {
	name   string
	title  string              // for tables
	before func(*agedDB) error // untimed; may be nil
	after  func(*agedDB) error // restores the database, untimed; may be nil
	heavy  bool                // before leaves much garbage on the Go heap
	noWait bool                // waits are not measured beside it
	counts bool                // what the collection removes is counted
}

var situations = []situation{
	{name: "unchanged", title: "nothing changed"},
	{name: "changed", title: "100 objects changed", before: (*agedDB).change},
	{name: "cold", title: "nothing garbage, first collection of a new DB", before: (*agedDB).makeCold, heavy: true},
	{name: "uncleaned", title: "the same without cleaning of the backends", heavy: true, noWait: true,
		before: (*agedDB).makeUncleaned, after: (*agedDB).makeCollected},
	{name: "deleted", title: "10 % of the images deleted", heavy: true, counts: true,
		before: (*agedDB).deleteTenth, after: (*agedDB).restoreTenth},
}

// change changes 100 objects, in a transaction each: labels of 40 images, 30 manifests and 10 snapshots, and 10 images
// that are deleted and made again.
func (db *agedDB) change() error {
	total := db.groups * groupImages
	for n := range 90 {
		i := (db.turn*97 + n*7919) % total
		var err error
		switch {
		case n < 40:
			err = db.relabelImage(inDefault, i)
		case n < 70:
			err = db.relabelManifest(inDefault, i)
		case n < 80:
			err = db.relabelSnapshot(inDefault, i)
		default:
			if err = db.images.Delete(inDefault, imageName(i)); err == nil {
				_, err = db.images.Create(inDefault, imageOf(i))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// makeCold replaces the database value by a new one over the same records and backends.
func (db *agedDB) makeCold() error { return db.replace() }

// makeUncleaned is makeCold, with a first collection that cleans no backend, as containerd's.
func (db *agedDB) makeUncleaned() error { return db.replace(metadata.WithCleanupOnce) }

// makeCollected is makeCold, and collects.
func (db *agedDB) makeCollected() error {
	if err := db.makeCold(); err != nil {
		return err
	}
	_, err := db.collect(context.Background())
	return err
}

func (db *agedDB) replace(opts ...metadata.DBOpt) error {
	s, err := db.reopen(opts...)
	if err == nil {
		db.side = s
	}
	return err
}

// tenth returns a tenth of the images: all images of each 20th group, so that shared layers become garbage, and the
// last image of every other group.
func (db *agedDB) tenth() (list []int) {
	for group := range db.groups {
		for i := range groupImages {
			if group%20 == 0 || group%2 == 1 && i == groupImages-1 {
				list = append(list, group*groupImages+i)
			}
		}
	}
	return list
}

// deleteTenth deletes a tenth of the images, with their containers and leases.
func (db *agedDB) deleteTenth() error {
	return db.inBulk(db.tenth(), objectsInTx, func(ctx context.Context, i int) error {
		if i%groupImages == groupImages-1 {
			if err := db.leases.Delete(ctx, lease(leaseID(i/groupImages))); err != nil {
				return err
			}
		}
		return db.deleteImage(ctx, i)
	})
}

// restoreTenth makes again what a collection removed after deleteTenth, and collects.
func (db *agedDB) restoreTenth() error {
	err := db.inBulk(db.tenth(), objectsInTx/10, func(ctx context.Context, i int) error {
		if err := db.makeImage(ctx, i); err != nil {
			return err
		}
		if i%groupImages == groupImages-1 {
			return db.makeLease(ctx, i/groupImages)
		}
		return nil
	})
	if err != nil {
		return err
	}
	_, err = db.collect(context.Background())
	return err
}

// A cost is the cost of one collection.
type cost struct {
	wall   time.Duration
	cpu    time.Duration // of all threads, with Go's garbage collector
	locked time.Duration // with writers locked out, by the implementation's own clock

	removed int // images, blobs and snapshots that the collection removed
}

// measureTurn prepares a situation, measures one collection, and restores the database.
func (db *agedDB) measureTurn(s situation) (cost, error) {
	if err := db.prepare(s); err != nil {
		return cost{}, err
	}
	if !s.counts {
		c, err := db.measureCollection()
		if err != nil {
			return cost{}, err
		}
		return c, db.restore(s)
	}
	before, err := db.removable()
	if err != nil {
		return cost{}, err
	}
	c, err := db.measureCollection()
	if err != nil {
		return cost{}, err
	}
	left, err := db.removable()
	if err != nil {
		return cost{}, err
	}
	c.removed = before - left
	return c, db.restore(s)
}

// removable returns the number of images, blobs and snapshots.
func (db *agedDB) removable() (n int, err error) {
	all, err := db.images.List(inDefault)
	if err != nil {
		return 0, err
	}
	n = len(all)
	err = db.content.Walk(inDefault, func(content.Info) error { n++; return nil })
	if err != nil {
		return 0, err
	}
	return n, db.snapshots.Walk(inDefault, func(context.Context, snapshots.Info) error { n++; return nil })
}

func (db *agedDB) prepare(s situation) error {
	db.turn++
	if s.before == nil {
		return nil
	}
	err := s.before(db)
	if s.heavy {
		runtime.GC()
	}
	return err
}

func (db *agedDB) restore(s situation) error {
	if s.after == nil {
		return nil
	}
	return s.after(db)
}

func (db *agedDB) measureCollection() (c cost, err error) {
	wall, cpu := time.Now(), cpuTime()
	c.locked, err = db.collect(context.Background())
	c.wall, c.cpu = time.Since(wall), cpuTime()-cpu
	return c, err
}

// sample returns the mean cost of the collections of a situation. It makes many collections if they are short, because
// the clock of CPU time is coarse.
func (db *agedDB) sample(s situation) (mean cost, err error) {
	const enough = 20 * time.Millisecond
	var turns time.Duration
	for turns == 0 || !s.heavy && mean.wall < enough && turns < 1000 {
		c, err := db.measureTurn(s)
		if err != nil {
			return cost{}, err
		}
		mean.wall, mean.cpu, mean.locked = mean.wall+c.wall, mean.cpu+c.cpu, mean.locked+c.locked
		mean.removed = c.removed // the same in each turn
		turns++
	}
	return cost{mean.wall / turns, mean.cpu / turns, mean.locked / turns, mean.removed}, nil
}

// BenchmarkCollect measures this module alone, and BenchmarkPeer containerd's package:
//
//	go test ./metadata/bench -run '^$' -bench 'Collect/100k'
//	go test ./metadata/bench -run '^$' -bench 'Collect/1M/changed' -benchtime 5x
//
// It times collections, without the changes between them. The metrics of median and quartiles are of single
// collections; locked-ns is the time with writers locked out.
func BenchmarkCollect(b *testing.B) { benchmarkCollections(b, holdfast) }

// BenchmarkPeer measures collections of containerd's package.
func BenchmarkPeer(b *testing.B) { benchmarkCollections(b, original) }

func benchmarkCollections(b *testing.B, open func(testing.TB) *side) {
	for _, size := range scales {
		b.Run(size.name, func(b *testing.B) {
			db := lazyDB(b, open, size.objects)
			for _, s := range situations {
				b.Run(s.name, func(b *testing.B) { benchmarkCollection(b, db(), s) })
			}
		})
	}
}

// lazyDB returns a function that builds a database at its first call, so that a benchmark none of whose parts is wanted
// builds none.
func lazyDB(tb testing.TB, open func(testing.TB) *side, objects int) func() *agedDB {
	var db *agedDB
	return func() *agedDB {
		if db == nil {
			var err error
			db, err = newAgedDB(open(tb), objects)
			must(tb, err)
		}
		return db
	}
}

func benchmarkCollection(b *testing.B, db *agedDB, s situation) {
	_, err := db.measureTurn(s)
	must(b, err)
	var costs []cost
	for b.Loop() {
		b.StopTimer()
		must(b, db.prepare(s))
		b.StartTimer()
		c, err := db.measureCollection()
		b.StopTimer()
		must(b, err)
		costs = append(costs, c)
		must(b, db.restore(s))
		b.StartTimer()
	}
	for _, q := range quantities {
		sample := each(costs, q.get)
		for i, prefix := range []string{"q1-", "", "q3-"} {
			b.ReportMetric(float64(quantile(sample, i+1)), prefix+q.name)
		}
	}
	b.ReportMetric(0, "ns/op") // the mean; the median stands beside it
}

// each applies get to all elements of a list.
func each[T, V any](list []T, get func(T) V) (values []V) {
	for _, v := range list {
		values = append(values, get(v))
	}
	return values
}

// quantities are the parts of a cost.
var quantities = []struct {
	name string
	get  func(cost) time.Duration
}{
	{"wall-ns", func(c cost) time.Duration { return c.wall }},
	{"cpu-ns", func(c cost) time.Duration { return c.cpu }},
	{"locked-ns", func(c cost) time.Duration { return c.locked }},
}
