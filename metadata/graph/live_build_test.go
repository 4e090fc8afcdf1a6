package graph_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// put writes random records in well-formed buckets.
func (a author) put(tx *memkv.Tx, records int) {
	for range records {
		k := schema.Kinds()[a.IntN(len(schema.Kinds()))]
		path := append([]string{schema.KeyVersion1, a.pick("default", "other")}, k.Path...)
		if k.Scoped {
			path = append(path, a.pick("native", "overlayfs"))
		}
		must(ensure(tx, path...).PutBucket([]byte(a.name()), a.record()))
	}
}

// largeDB returns a random database that is large enough for a Live graph to read it on all cores.
func largeDB(seed uint64) *memkv.DB {
	a := author{rand.New(rand.NewPCG(seed, 4)), 4000}
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error { a.put(tx, 12_000); return nil }))
	return db
}

// onCores calls fn on each of some numbers of cores.
func onCores(t *testing.T, fn func(t *testing.T)) {
	t.Helper()
	was := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(was)
	for _, cores := range []int{1, 2, 5} {
		runtime.GOMAXPROCS(cores)
		fn(t)
	}
}

// The workers that read a large database beside each other find the garbage that Plan finds, and the graph follows
// changes after that.
func TestWorkersReadLargeDB(t *testing.T) {
	for seed := range uint64(2) {
		db := largeDB(seed)
		var want, later []gc.Node
		must(db.View(func(tx *memkv.Tx) error { want = garbage(tx.Freeze(), rules.Newest, start); return nil }))
		changed := db.Fork()
		a := author{rand.New(rand.NewPCG(seed, 5)), 4000}
		must(changed.Update(func(tx *memkv.Tx) error { a.put(tx, 200); return nil }))
		must(changed.View(func(tx *memkv.Tx) error { later = garbage(tx.Freeze(), rules.Newest, start); return nil }))
		if len(want) < 100 || slices.Equal(want, later) {
			t.Fatalf("seed %d: %d objects are garbage, and the same later", seed, len(want))
		}
		onCores(t, func(t *testing.T) {
			live := graph.NewLive(rules.Newest)
			for _, state := range []struct {
				db   *memkv.DB
				want []gc.Node
			}{{db, want}, {changed, later}} {
				must(state.db.View(func(tx *memkv.Tx) error { _, err := live.Follow(tx, start); return err }))
				if got := live.Garbage(); !slices.Equal(got, state.want) {
					t.Errorf("seed %d, %d cores: %d objects are garbage, want %d", seed, runtime.GOMAXPROCS(0), len(got), len(state.want))
				}
			}
		})
	}
}

// The workers end if a record in the middle of a large database makes collections fail.
func TestWorkersStopAtFault(t *testing.T) {
	db := largeDB(1)
	must(db.Update(func(tx *memkv.Tx) error {
		record(tx, []string{schema.KeyContent, schema.KeyIngests, "malformed"}, schema.KeyExpireAt, "no time", "")
		return nil
	}))
	onCores(t, func(t *testing.T) {
		before := runtime.NumGoroutine()
		live := graph.NewLive(rules.Newest)
		err := db.View(func(tx *memkv.Tx) error { _, err := live.Follow(tx, start); return err })
		if !errors.Is(err, graph.ErrNotLive) {
			t.Errorf("%v, want ErrNotLive", err)
		}
		for runtime.NumGoroutine() > before { // until the time limit of the tests, if they do not end
			runtime.Gosched()
		}
	})
}
