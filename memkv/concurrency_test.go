package memkv_test

import (
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// Readers see whole commits in order, while a writer commits and forks change independently. The packed bucket and the
// tree always contain the same number.
func TestConcurrentReaders(t *testing.T) {
	db := memkv.New()
	write := func(db *memkv.DB, i int) error {
		return db.Update(func(tx *memkv.Tx) error {
			small, large := mustCreate(tx.Cursor().Bucket(), "small"), mustCreate(tx.Cursor().Bucket(), "large")
			must(small.Put([]byte("n"), fmt.Append(nil, i)))
			must(large.Put(fmt.Appendf(nil, "%d", i%500), fmt.Append(nil, i)))
			return large.Put([]byte("n"), fmt.Append(nil, i))
		})
	}
	must(write(db, 0))
	var all sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		all.Go(func() {
			last := 0
			for done := false; !done; {
				select {
				case <-stop:
					done = true // after one more view: this goroutine may have had no time before
				default:
				}
				must(db.View(func(tx *memkv.Tx) error {
					var n int
					_, err := fmt.Sscan(string(tx.Bucket([]byte("small")).Get([]byte("n"))), &n)
					must(err)
					if large := string(tx.Bucket([]byte("large")).Get([]byte("n"))); large != fmt.Sprint(n) || n < last {
						t.Errorf("small %d, large %s, before that %d", n, large, last)
					}
					last = n
					tx.Hash()
					return tx.ForEach(func(_ []byte, b *memkv.Bucket) error { return b.ForEach(func(_, _ []byte) error { return nil }) })
				}))
			}
		})
	}
	all.Go(func() {
		for i := range 50 {
			fork := db.Fork()
			for j := range 20 {
				must(write(fork, 1_000_000+100*i+j))
			}
			must(fork.View(func(tx *memkv.Tx) error {
				for fault := range tx.Check() {
					t.Error(fault)
				}
				return nil
			}))
		}
	})
	for i := range 1500 {
		must(write(db, i))
	}
	close(stop)
	all.Wait()
	if got := db.Stats(); got.OpenTxN != 0 || got.TxN == 0 {
		t.Errorf("stats: %+v", got)
	}
}

// A View inside an Update sees the last commit, and so does a fork.
func TestViewInsideUpdate(t *testing.T) {
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error { mustCreate(tx.Cursor().Bucket(), "old"); return nil }))
	must(db.Update(func(tx *memkv.Tx) error {
		mustCreate(tx.Cursor().Bucket(), "new")
		for name, other := range map[string]*memkv.DB{"db": db, "fork": db.Fork()} {
			must(other.View(func(view *memkv.Tx) error {
				if view.Bucket([]byte("new")) != nil || view.Bucket([]byte("old")) == nil {
					t.Errorf("%s sees: %+v", name, view.Inspect())
				}
				return nil
			}))
		}
		must(tx.Fork().View(func(view *memkv.Tx) error {
			if view.Bucket([]byte("new")) == nil {
				t.Errorf("fork of the transaction sees: %+v", view.Inspect())
			}
			return nil
		}))
		return nil
	}))
}

func TestBatchCombines(t *testing.T) {
	db := memkv.New()
	hold, err := db.Begin(true)
	must(err)
	before := hold.ID()
	var all sync.WaitGroup
	results := make([]error, 40)
	started := make(chan struct{}, len(results))
	for i := range results {
		all.Go(func() {
			started <- struct{}{}
			results[i] = db.Batch(func(tx *memkv.Tx) error {
				if _, err := tx.CreateBucket(fmt.Append(nil, i)); err != nil {
					return err
				}
				if i%10 == 3 {
					return errOnPurpose
				}
				return nil
			})
		})
	}
	for range results {
		<-started
	}
	must(hold.Rollback())
	all.Wait()
	must(db.View(func(tx *memkv.Tx) error {
		if len(tx.Inspect().Children) != 36 {
			t.Errorf("got %d buckets, want 36", len(tx.Inspect().Children))
		}
		if tx.ID() < before || tx.ID() > before+len(results) {
			t.Errorf("%d commits", tx.ID()-before+1)
		}
		return nil
	}))
	for i, err := range results {
		if (err != nil) != (i%10 == 3) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	wantPanic(t, "on purpose", func() { _ = db.Batch(func(*memkv.Tx) error { panic("on purpose") }) })
	must(db.Update(func(*memkv.Tx) error { return nil })) // the writer lock is free again
}

// With a scheduler, a waiting writer is parked.
func TestSchedulerParksWriters(t *testing.T) {
	s := &yieldScheduler{}
	db := memkv.New(memkv.WithScheduler(s))
	tx, err := db.Begin(true)
	must(err)
	next, stop := iter.Pull(func(yield func(func() bool) bool) {
		s.yield = yield
		must(db.Update(func(tx *memkv.Tx) error { mustCreate(tx.Cursor().Bucket(), "second"); return nil }))
	})
	defer stop()
	ready, parked := next()
	if !parked || ready() {
		t.Fatal("the second writer isn't parked")
	}
	must(tx.Commit())
	if !ready() {
		t.Fatal("the second writer is not ready")
	}
	if _, more := next(); more {
		t.Fatal("the second writer is parked again")
	}
	must(db.View(func(tx *memkv.Tx) error {
		if tx.Bucket([]byte("second")) == nil {
			t.Error("the second writer wrote nothing")
		}
		return nil
	}))
}

type yieldScheduler struct{ yield func(func() bool) bool }

func (p *yieldScheduler) Park(ready func() bool) { p.yield(ready) }
