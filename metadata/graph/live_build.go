package graph

import (
	"iter"
	"runtime"
	"time"

	"github.com/tidwall/btree"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

// parallelMin is the number of records from which goroutines read a database.
const parallelMin = 10 * portionSize

// build reads a whole database. The caller's goroutine makes the statements. For a large database other goroutines
// read the records meanwhile, on the other cores.
func (l *Live) build(db memkv.Frozen, now time.Time) error {
	records := countRecords(db)
	*l = Live{
		version:    l.version,
		external:   l.external,
		tracker:    gc.NewTracker(records),
		flat:       map[string]bool{},
		flips:      btree.NewBTreeGOptions(flip.before, btree.Options{NoLocks: true}),
		timed:      map[gc.Node][]time.Time{},
		values:     map[gc.Node][]time.Time{},
		conditions: map[gc.Node][]liveCondition{},
		dependents: map[gc.Node]map[gc.Node]bool{},
		resources:  map[gc.Node]bool{},
		leases:     map[string]*btree.Map[string, gc.ID]{},
	}
	readers := 0
	if records >= parallelMin {
		readers = runtime.GOMAXPROCS(0) - 1
	}
	var tapes []*tape
	for range 1 + 3*readers {
		tapes = append(tapes, l.newTape(db, now))
	}
	for t := range filledTapes(db, tapes, readers) {
		if t.err != nil || t.scan.odd {
			return ErrNotLive
		}
		l.flat[t.namespace] = l.flat[t.namespace] || t.flat
		l.play(t)
	}
	for from := range l.conditions {
		l.evaluate(from, now)
	}
	l.tracker.Settle()
	return nil
}

// filledTapes yields tapes with the statements of all records. It uses the given ones again and again.
func filledTapes(db memkv.Frozen, tapes []*tape, readers int) iter.Seq[*tape] {
	if readers == 0 {
		return func(yield func(*tape) bool) {
			for t := range portions(db, func() *tape { return tapes[0] }) {
				t.fill()
				if !yield(t) {
					return
				}
			}
		}
	}
	return func(yield func(*tape) bool) {
		// A channel has room for all tapes, and has a tape once at most, so no send waits.
		free, queue, ordered := make(chan *tape, len(tapes)), make(chan *tape, len(tapes)), make(chan *tape, len(tapes))
		stop := make(chan struct{})
		defer close(stop)
		for _, t := range tapes {
			free <- t
		}
		for range readers {
			go func() {
				for t := range queue {
					t.fill()
					t.filled <- struct{}{}
				}
			}()
		}
		go func() {
			defer close(queue)
			defer close(ordered)
			take := func() *tape {
				select {
				case t := <-free:
					return t
				case <-stop:
					return nil
				}
			}
			for t := range portions(db, take) {
				queue <- t
				ordered <- t
			}
		}()
		for t := range ordered {
			if <-t.filled; !yield(t) {
				return
			}
			free <- t
		}
	}
}

// portions assigns portions with all records to tapes that take returns, and yields them. It ends if take returns nil.
// It fills the tapes of leases itself, since the other records of a namespace depend on them.
func portions(db memkv.Frozen, take func() *tape) iter.Seq[*tape] {
	return func(yield func(*tape) bool) {
		v1, _ := db.Bucket(schema.KeyVersion1)
		kinds := schema.Kinds()
		for namespace, ns := range buckets(v1) {
			p := portion{namespace: namespace, in: ns}
			for i := range kinds {
				p.kind = &kinds[i]
				for t := range p.split(take) {
					if p.kind.Resource == rules.ResourceLease {
						t.fill()
						p.flat = p.flat || t.flat
					}
					if !yield(t) {
						return
					}
				}
			}
		}
	}
}

// split is portions for the records of p's kind and namespace.
func (p portion) split(take func() *tape) iter.Seq[*tape] {
	return func(yield func(*tape) bool) {
		for scope, records := range recordBuckets(p.kind, p.in) {
			var t *tape
			for name, record := range buckets(records) {
				if t == nil {
					if t = take(); t == nil {
						return
					}
					t.begin(p)
				}
				t.records = append(t.records, object{name: name, scope: scope, record: record})
				if len(t.records) == portionSize {
					if !yield(t) {
						return
					}
					t = nil
				}
			}
			if t != nil && !yield(t) {
				return
			}
		}
	}
}
