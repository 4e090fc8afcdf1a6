package parity

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// TestBuilder makes random calls of a Builder. The valid calls are also made in a transaction. Both databases must be
// equal. An invalid call fails, and so do all calls after it, until Reset.
func TestBuilder(t *testing.T) {
	sizes := []int{0, 1, 60, 63, 64, 127, 128, 300, 5000}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 9))
		b, kv := memkv.NewBuilder(memkv.WithPath("p")), memkv.New()
		tx, err := kv.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		if r.IntN(4) == 0 { // an error, which Reset removes
			_ = b.Enter([]byte("a"), 1)
			if first := b.Put([]byte{}, nil); first == nil || b.Leave() != first || b.SetSequence(1) != first || b.Put([]byte("b"), nil) != first {
				t.Fatal("an error is forgotten")
			}
			b.Reset()
		}
		path, last, failed, n := []*memkv.Bucket{tx.Cursor().Bucket()}, []string{""}, false, 0
		for range r.IntN(120) {
			at, key := path[len(path)-1], fmt.Sprintf("k%06d", n)
			if n += 1 + r.IntN(3); r.IntN(10) == 0 {
				key += strings.Repeat("x", sizes[r.IntN(len(sizes))])
			}
			switch r.IntN(200) {
			case 0:
				key = ""
			case 1:
				key = last[len(last)-1]
			case 2:
				key = strings.Repeat("x", memkv.MaxKeySize+1)
			}
			valid, value := key > last[len(last)-1], bytes.Repeat([]byte("v"), sizes[r.IntN(len(sizes))])
			sequence := uint64(1)<<r.IntN(64) - 1
			var err, want error
			switch kind := r.IntN(12); {
			case kind < 3 && len(path) < 5 && len(key) <= memkv.MaxKeySize:
				if err = b.Enter([]byte(key), sequence); valid && !failed {
					inner, created := at.CreateBucket([]byte(key))
					want = errors.Join(created, inner.SetSequence(sequence))
					last[len(last)-1] = key
					path, last = append(path, inner), append(last, "")
				}
			case kind < 5 && (len(path) > 1 || r.IntN(20) == 0):
				if err, valid = b.Leave(), len(path) > 1; valid {
					path, last = path[:len(path)-1], last[:len(last)-1]
				}
			case kind == 5:
				if err, valid = b.SetSequence(sequence), true; !failed {
					want = at.SetSequence(sequence)
				}
			default:
				if valid = valid && len(key) <= memkv.MaxKeySize; !failed && valid {
					want = at.Put([]byte(key), value)
					last[len(last)-1] = key
				}
				err = b.Put([]byte(key), value)
			}
			failed = failed || !valid
			if want != nil || (err != nil) != failed {
				t.Fatalf("seed %d: key %.20q: %v instead of failed: %t, %v", seed, key, err, failed, want)
			}
		}
		for open := len(path) > 1; len(path) > 1 && !failed; path = path[:len(path)-1] {
			if open && r.IntN(10) == 0 {
				failed = true // a bucket is not left
				break
			}
			if err := b.Leave(); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		built, err := b.DB()
		if (err != nil) != failed {
			t.Fatalf("seed %d: %v instead of failed: %t", seed, err, failed)
		}
		if failed {
			continue
		}
		if built.Hash() != kv.Hash() || built.Path() != "p" {
			t.Fatalf("seed %d: the Builder's database differs", seed)
		}
		_ = built.View(func(tx *memkv.Tx) error { checkFrozen(t, tx.Freeze()); return nil })
	}
}

// checkFrozen compares the ways to read a bucket.
func checkFrozen(t *testing.T, f memkv.Frozen) {
	t.Helper()
	walk, n := f.Iterator(), 0
	for key, e := range f.All() {
		if !walk.Next() || walk.Key() != key || walk.Entry() != e {
			t.Fatalf("an iterator is at %q and not at %q", walk.Key(), key)
		}
		n++
		inner, isBucket := f.Bucket(key)
		switch {
		case isBucket != e.IsBucket() || isBucket != (e.Value() == nil) || isBucket != (f.Get(key) == nil):
			t.Fatalf("%q is a bucket: %t", key, isBucket)
		case isBucket && (inner != e.Bucket() || e.Text() != "" || inner.Identity() != e.Bucket().Identity()):
			t.Fatalf("%q has two buckets", key)
		case !isBucket && (e.Bucket().Len() != 0 || e.Text() != string(f.Get(key)) || e.Text() != f.Text(key) || e.Text() != string(e.Value())):
			t.Fatalf("%q has two values", key)
		}
		if isBucket {
			checkFrozen(t, inner)
		}
	}
	if walk.Next() || n != f.Len() || f.Get("none") != nil || f.Text("none") != "" {
		t.Fatalf("%d entries of %d", n, f.Len())
	}
}

// TestJournal keeps the positions of many states of a database. Later, the changes since each position must contain
// each entry that differs.
func TestJournal(t *testing.T) {
	type state struct {
		position memkv.Position
		was      memkv.Frozen
	}
	for seed := range uint64(12) {
		r, kv := rand.New(rand.NewPCG(seed, 10)), memkv.New()
		var past []state
		keep := func(tx *memkv.Tx) { past = append(past, state{tx.Position(), tx.Freeze()}) }
		_ = kv.View(func(tx *memkv.Tx) error { keep(tx); return nil })
		early, err := kv.Begin(false)
		if err != nil {
			t.Fatal(err)
		}
		other := memkv.New()
		_ = other.View(func(tx *memkv.Tx) error { tx.Position(); return nil })
		for range 8 {
			end, size := error(nil), r.IntN(20)
			if r.IntN(4) == 0 {
				end = errRolledBack
			}
			err := kv.Update(func(tx *memkv.Tx) error {
				err := errors.Join(apply(tx, drawEdits(r, size)), end)
				if err == nil && r.IntN(2) == 0 {
					keep(tx)
				}
				return err
			})
			if !errors.Is(err, end) {
				t.Fatal(err)
			}
			_ = kv.View(func(tx *memkv.Tx) error {
				for i, s := range past {
					changes, known := tx.Changes(s.position)
					if !known {
						t.Fatalf("seed %d: the changes since state %d are not known", seed, i)
					}
					listed, n := map[string]bool{}, 0
					for c := range changes {
						listed[strings.Join(append(slices.Clone(c.Path), c.Key), "/")] = true
						n++
					}
					if n != tx.CountChanges(s.position) {
						t.Fatalf("seed %d: %d changes since state %d, counted as %d", seed, n, i, tx.CountChanges(s.position))
					}
					for _, entry := range entriesThatDiffer(s.was, tx.Freeze(), "") {
						if !covers(listed, entry) {
							t.Fatalf("seed %d: the changes since state %d lack %q", seed, i, entry)
						}
					}
					some := 0
					for range changes {
						some++
						break
					}
					if some != min(n, 1) {
						t.Fatalf("seed %d: %d changes", seed, some)
					}
				}
				if last := past[len(past)-1].position; tx.CountChanges(memkv.Position{}) != 0 {
					t.Error("changes since no position")
				} else if _, known := early.Changes(last); known && last != past[0].position {
					t.Error("changes since a later position")
				} else if _, known := other.Fork().Begin(false); known != nil {
					t.Error(known)
				}
				if r.IntN(2) == 0 {
					keep(tx)
				}
				return nil
			})
		}
		_ = other.View(func(tx *memkv.Tx) error {
			if _, known := tx.Changes(past[0].position); known {
				t.Error("changes since a position of another database")
			}
			return nil
		})
		_ = early.Rollback()
	}
}

// A scheduler runs callers as coroutines. A caller that waits yields its condition.
type scheduler struct{ yield func(func() bool) bool }

func (s *scheduler) Park(ready func() bool) { s.yield(ready) }

// TestBatches makes calls of Batch while a transaction is open, and ends it. Then each call must have its effect or its
// error, in batches of at most the maximum size.
func TestBatches(t *testing.T) {
	for seed := range uint64(60) {
		r, s := rand.New(rand.NewPCG(seed, 11)), &scheduler{}
		kv := memkv.New(memkv.WithScheduler(s))
		kv.MaxBatchSize = r.IntN(5)
		open, err := kv.Begin(true)
		if err != nil {
			t.Fatal(err)
		}
		first := open.ID()
		type waiting struct {
			name          string
			fails, panics bool
			err           any
			runs          int
			ids           map[int]bool // of the transactions in which it ran
			yield         func(func() bool) bool
			next          func() (func() bool, bool)
			ready         func() bool
		}
		var calls []*waiting
		for i := range 2 + r.IntN(8) {
			w := &waiting{name: fmt.Sprint("b", i), fails: r.IntN(4) == 0, panics: r.IntN(6) == 0, ids: map[int]bool{}}
			w.next, _ = iter.Pull(func(yield func(func() bool) bool) {
				w.yield, s.yield = yield, yield
				defer func() {
					if p := recover(); p != nil {
						w.err = p
					}
				}()
				w.err = kv.Batch(func(tx *memkv.Tx) error {
					w.runs++
					w.ids[tx.ID()] = true
					if _, err := tx.CreateBucket([]byte(w.name)); err != nil {
						return err
					}
					if w.panics {
						panic(w.name)
					}
					if w.fails {
						return errors.New(w.name)
					}
					return nil
				})
			})
			w.ready, _ = w.next()
			calls = append(calls, w)
		}
		if err := open.Commit(); err != nil {
			t.Fatal(err)
		}
		pending := slices.Clone(calls)
		for len(pending) > 0 {
			i := r.IntN(len(pending))
			w := pending[i]
			if !w.ready() {
				continue
			}
			s.yield = w.yield
			if ready, more := w.next(); more {
				w.ready = ready
			} else {
				pending = slices.Delete(pending, i, i+1)
			}
		}
		_ = kv.View(func(tx *memkv.Tx) error {
			good, last := 0, tx.ID()
			for _, w := range calls {
				there, fails := tx.Bucket([]byte(w.name)) != nil, w.fails || w.panics
				failure := fmt.Sprint(w.err)
				if there == fails || fails && !strings.Contains(failure, w.name) || !fails && w.err != error(nil) && w.err != nil {
					t.Errorf("seed %d: %s, which fails: %t, is there: %t, with the error %v", seed, w.name, fails, there, w.err)
				}
				if !fails {
					good++
				}
			}
			most := max(kv.MaxBatchSize, 1)
			if least := first + (good+most-1)/most; last < least || kv.MaxBatchSize > 1 && good == len(calls) && last > least {
				t.Errorf("seed %d: %d transactions for %d calls, at most %d in one", seed, last-first, good, most)
			}
			return nil
		})
	}
}
