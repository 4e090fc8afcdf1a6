package memkv_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// A writer changes a database and its model in the same way.
//
// Invariants: model has the contents that tx sees, or those of the last commit if tx is nil. committed has the contents
// of the last commit.
type writer struct {
	db               *memkv.DB
	tx               *memkv.Tx // nil between transactions
	model, committed *node
	changed          map[*node]bool // buckets of model that tx has changed
}

// A capture is a state that was taken out of a database and must not change any more.
type capture struct {
	how   string
	state func() memkv.Frozen
	want  *node
	hash  memkv.Hash // zero if the test did not ask for it
}

// clone returns a deep copy of n.
func (n *node) clone() *node {
	c := newNode()
	c.sequence = n.sequence
	for k, v := range n.values {
		c.values[k] = v
	}
	for k, sub := range n.buckets {
		c.buckets[k] = sub.clone()
	}
	return c
}

func (n *node) len() int { return len(n.values) + len(n.buckets) }

// differs returns the first difference between a bucket and its model, or "".
func (n *node) differs(f memkv.Frozen) string {
	if f.Sequence() != n.sequence {
		return fmt.Sprintf("sequence %d, want %d", f.Sequence(), n.sequence)
	}
	if f.Len() != n.len() {
		return fmt.Sprintf("%d entries, want %d", f.Len(), n.len())
	}
	want := n.keys()
	i := 0
	for key, e := range f.All() {
		if i == len(want) || key != want[i] {
			return fmt.Sprintf("unexpected entry %.60q at index %d", key, i)
		}
		i++
		value, isValue := n.values[key]
		if e.IsBucket() == isValue {
			return fmt.Sprintf("entry %.60q is a bucket: %v", key, e.IsBucket())
		}
		if isValue && (string(e.Value()) != value || string(f.Get(key)) != value) {
			return fmt.Sprintf("entry %.60q: %.60q by iteration, %.60q by Get, want %.60q", key, e.Value(), f.Get(key), value)
		}
		if isValue {
			continue
		}
		if d := n.buckets[key].differs(e.Bucket()); d != "" {
			return fmt.Sprintf("in bucket %.60q: %s", key, d)
		}
	}
	if i < len(want) {
		return fmt.Sprintf("the iteration ends before %.60q", want[i])
	}
	return ""
}

// A captured state never changes, neither by later changes of the same transaction, nor by the end of the transaction,
// nor by changes of other databases that share data with it.
func TestCapturesStay(t *testing.T) {
	reached := map[string]int{}
	for seed := range uint64(40) {
		captures(t, seed, reached)
	}
	for _, how := range captureWays {
		for _, size := range []string{"empty", "packed", "slice", "tree"} {
			if name := how + " of a changed bucket: " + size; reached[name] < 5 {
				t.Errorf("%s: reached only %d times", name, reached[name])
			}
		}
	}
}

const (
	byBucketFreeze   = "Bucket.Freeze"
	byBucketFrozenAt = "Bucket.FrozenAt"
	byTxFreeze       = "Tx.Freeze"
	byTxFrozenAt     = "Tx.FrozenAt"
	byTxFork         = "Tx.Fork"
)

var captureWays = []string{byBucketFreeze, byBucketFrozenAt, byTxFreeze, byTxFrozenAt, byTxFork}

// sizeClass returns the stored form that a bucket without nested trees has at this number of short entries.
func sizeClass(entries int) string {
	switch {
	case entries == 0:
		return "empty"
	case entries <= 16:
		return "packed"
	case entries <= 32:
		return "slice"
	default:
		return "tree"
	}
}

func captures(t *testing.T, seed uint64, reached map[string]int) {
	r := rand.New(rand.NewPCG(seed, 3))
	first := &writer{db: memkv.New(memkv.WithStrictMode()), model: newNode(), committed: newNode(), changed: map[*node]bool{}}
	writers := []*writer{first}
	var taken []capture
	verify := func(moment string) {
		t.Helper()
		for _, c := range taken {
			if d := c.want.differs(c.state()); d != "" {
				t.Fatalf("seed %d: %s: the state of %s changed: %s", seed, moment, c.how, d)
			}
			if c.hash != (memkv.Hash{}) && c.state().Hash() != c.hash {
				t.Fatalf("seed %d: %s: the hash of the state of %s changed", seed, moment, c.how)
			}
		}
	}
	for step := range 400 {
		w := writers[0]
		if r.IntN(3) == 0 {
			w = writers[r.IntN(len(writers))]
		}
		if w.tx == nil {
			tx, err := w.db.Begin(true)
			must(err)
			w.tx = tx
			clear(w.changed)
		}
		switch n := r.IntN(20); {
		case n < 13:
			w.change(r, taken)
		case n < 18:
			c, fork := w.capture(r, reached)
			if r.IntN(2) == 0 {
				c.hash = c.state().Hash()
			}
			taken = append(taken, c)
			if fork != nil && len(writers) < 6 {
				writers = append(writers, fork)
			}
		case n < 19:
			must(w.tx.Commit())
			w.tx, w.committed = nil, w.model.clone()
		default:
			must(w.tx.Rollback())
			w.tx, w.model = nil, w.committed.clone()
		}
		if step%40 == 39 {
			verify(fmt.Sprintf("after step %d", step))
		}
	}
	for _, w := range writers {
		if w.tx != nil {
			must(w.tx.Commit())
			w.committed = w.model
		}
		must(w.db.View(func(tx *memkv.Tx) error {
			if d := w.committed.differs(tx.Freeze()); d != "" {
				t.Errorf("seed %d: a database differs from its model: %s", seed, d)
			}
			return nil
		}))
	}
	verify("at the end")
}

// pick returns the path of a random bucket of the model, and its node.
func (w *writer) pick(r *rand.Rand) (path []string, at *node) {
	at = w.model
	for len(at.buckets) > 0 && r.IntN(5) > 0 {
		names := slices.DeleteFunc(at.keys(), func(k string) bool { return at.buckets[k] == nil })
		name := names[r.IntN(len(names))]
		path, at = append(path, name), at.buckets[name]
	}
	return path, at
}

// change makes one random change to a bucket, or one change to many of its entries.
func (w *writer) change(r *rand.Rand, taken []capture) {
	path, at := w.pick(r)
	b := w.tx.BucketAt(path...)
	w.changed[at] = true
	key := func() string { return fmt.Sprintf("k%03d", r.IntN(200)) }
	put := func(k, v string) {
		must(b.Put([]byte(k), []byte(v)))
		at.values[k] = v
	}
	remove := func(k string) {
		must(b.Delete([]byte(k)))
		delete(at.values, k)
	}
	switch r.IntN(12) {
	case 0, 1:
		put(key(), strings.Repeat("v", r.IntN(40)))
	case 2:
		put(key(), strings.Repeat("V", r.IntN(6000)))
	case 3, 4: // a large bucket
		for range r.IntN(200) {
			put(key(), fmt.Sprint(r.IntN(1000)))
		}
	case 5:
		for range r.IntN(300) {
			remove(key())
		}
	case 6: // by a cursor, over all entries
		c := b.Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if v != nil && r.IntN(2) == 0 {
				gone := string(k)
				must(c.Delete())
				delete(at.values, gone)
			}
		}
	case 7:
		at.sequence = r.Uint64() >> r.IntN(64)
		must(b.SetSequence(at.sequence))
	case 8, 9:
		if len(path) < 4 {
			name := string(rune('A' + r.IntN(6)))
			mustCreate(b, name)
			if at.buckets[name] == nil {
				at.buckets[name] = newNode()
			}
		}
	case 10:
		name := string(rune('A' + r.IntN(6)))
		if at.buckets[name] != nil {
			must(b.DeleteBucket([]byte(name)))
			delete(at.buckets, name)
		}
	case 11: // a captured state as a bucket
		if len(taken) > 0 && len(path) < 2 {
			c := taken[r.IntN(len(taken))]
			must(b.PutBucket([]byte("P"), c.state()))
			at.buckets["P"] = c.want.clone()
		}
	}
}

// capture takes the state of a random bucket, or of the whole database. A fork is also returned as another writer.
func (w *writer) capture(r *rand.Rand, reached map[string]int) (c capture, fork *writer) {
	path, at := w.pick(r)
	how := captureWays[r.IntN(len(captureWays))]
	c.how = fmt.Sprintf("%s of /%s", how, strings.Join(path, "/"))
	var f memkv.Frozen
	ok := true
	switch how {
	case byBucketFreeze:
		f = w.tx.BucketAt(path...).Freeze()
	case byBucketFrozenAt:
		cut := r.IntN(len(path) + 1)
		f, ok = w.tx.BucketAt(path[:cut]...).FrozenAt(path[cut:]...)
	case byTxFrozenAt:
		f, ok = w.tx.FrozenAt(path...)
	case byTxFreeze:
		f, ok = w.tx.Freeze().BucketAt(path...)
	case byTxFork:
		db := w.tx.Fork()
		c.want = w.model.clone()
		fork = &writer{db: db, model: w.model.clone(), committed: w.model.clone(), changed: map[*node]bool{}}
		// The capture is a fork of the fork, because the fork itself changes.
		still := db.Fork(memkv.WithReadOnly())
		c.state = func() (all memkv.Frozen) {
			must(still.View(func(tx *memkv.Tx) error { all = tx.Freeze(); return nil }))
			return all
		}
	}
	if !ok {
		panic("no bucket at " + strings.Join(path, "/"))
	}
	if c.state == nil {
		c.state, c.want = func() memkv.Frozen { return f }, at.clone()
	}
	if w.changed[at] {
		reached[how+" of a changed bucket: "+sizeClass(at.len())]++
	}
	return c, fork
}

// What a Builder has returned does not change while it builds the next bucket.
func TestBuilderReset(t *testing.T) {
	b := memkv.NewBuilder()
	var taken []capture
	for seed := range uint64(30) {
		n := randomNode(rand.New(rand.NewPCG(seed, 4)), 2)
		n.build(b)
		f, err := b.Frozen()
		must(err)
		taken = append(taken, capture{state: func() memkv.Frozen { return f }, want: n})
		b.Reset()
	}
	for i, c := range taken {
		if d := c.want.differs(c.state()); d != "" {
			t.Errorf("bucket %d changed: %s", i, d)
		}
	}
}
