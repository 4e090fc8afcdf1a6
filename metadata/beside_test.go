package metadata_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/images"
	"github.com/holdfast-gc/holdfast/metadata/leases"
	"github.com/holdfast-gc/holdfast/metadata/namespaces"

	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// An interleaved Transactor lets writers act after each View of a collection, and notes the states at the first View
// and at the start of the last Update.
type interleaved struct {
	*memkv.DB
	act    func() // nil outside collections
	first  *memkv.Frozen
	last   memkv.Frozen
	failed bool // fail the commit
}

func (t *interleaved) View(fn func(*memkv.Tx) error) error {
	act := t.act
	if act == nil {
		return t.DB.View(fn)
	}
	t.act = nil // writers of act read too
	defer func() { t.act = act }()
	err := t.DB.View(func(tx *memkv.Tx) error {
		if t.first == nil {
			f := tx.Freeze()
			t.first = &f
		}
		return fn(tx)
	})
	act()
	return err
}

func (t *interleaved) Update(fn func(*memkv.Tx) error) error {
	return t.DB.Update(func(tx *memkv.Tx) error {
		if t.act != nil {
			t.last = tx.Freeze()
		}
		if err := fn(tx); err != nil || !t.failed || t.act == nil {
			return err
		}
		return errors.New("the disk is full")
	})
}

// plannedGarbage returns the objects that are garbage in a state.
func plannedGarbage(db memkv.Frozen, now time.Time) map[gc.Node]bool {
	p, err := graph.Plan(db, graph.Options{Now: now}, nil)
	if err != nil {
		panic(err)
	}
	all := map[gc.Node]bool{}
	for _, n := range graph.Removed(p) {
		all[n] = true
	}
	return all
}

// A writer makes random calls of the stores and random changes of records.
type writer struct {
	*rand.Rand
	m  *metadata.DB
	kv *memkv.DB
}

func (w writer) act() {
	ctx := namespaces.WithNamespace(context.Background(), []string{"default", "other"}[w.IntN(2)])
	name := fmt.Sprintf("n%d", w.IntN(400))
	dgst := digest.FromString(fmt.Sprint(w.IntN(400)))
	is, ls := metadata.NewImageStore(w.m), metadata.NewLeaseManager(w.m)
	switch w.IntN(10) {
	case 0, 1, 2:
		_, _ = is.Create(ctx, images.Image{Name: name, Target: ocispec.Descriptor{MediaType: "x", Digest: dgst, Size: 1}})
	case 3, 4:
		_ = is.Delete(ctx, name)
	case 5:
		_, _ = is.Update(ctx, images.Image{Name: name, Labels: map[string]string{"containerd.io/gc.expire": "2020-01-01T00:00:00Z"}}, "labels")
	case 6:
		l := leases.Lease{ID: fmt.Sprintf("l%d", w.IntN(20))}
		_, _ = ls.Create(ctx, func(made *leases.Lease) error { made.ID = l.ID; return nil })
		_ = ls.AddResource(ctx, l, leases.Resource{ID: dgst.String(), Type: "content"})
	case 7:
		_ = ls.Delete(ctx, leases.Lease{ID: fmt.Sprintf("l%d", w.IntN(20))})
	case 8: // a blob, without a writer of content
		must(w.m.Update(func(tx *memkv.Tx) error {
			ns, _ := namespaces.Namespace(ctx)
			return blobRecord(tx, ns, dgst)
		}))
	case 9:
		must(w.m.Update(func(tx *memkv.Tx) error {
			ns, _ := namespaces.Namespace(ctx)
			b := tx.BucketAt("v1", ns, "content", "blob")
			if b != nil && w.IntN(4) == 0 {
				_ = b.DeleteBucket([]byte(dgst))
			}
			if w.IntN(40) == 0 {
				return errors.New("rolled back")
			}
			return nil
		}), "rolled back")
	}
}

func must(err error, expected ...string) {
	if err != nil && !slices.Contains(expected, err.Error()) {
		panic(err)
	}
}

func blobRecord(tx *memkv.Tx, ns string, dgst digest.Digest) error {
	b := tx.Cursor().Bucket()
	for _, name := range []string{"v1", ns, "content", "blob", dgst.String()} {
		child, err := b.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		b = child
	}
	return b.Put([]byte("size"), []byte{2})
}

// keptByOthers returns the objects that the garbage outside a set keeps.
func keptByOthers(db memkv.Frozen, now time.Time, set map[gc.Node]bool) map[gc.Node]bool {
	g, err := graph.Build(db, graph.Options{Now: now})
	must(err)
	m := gc.Mark(g, gc.WhatIf{})
	kept := map[gc.Node]bool{}
	var visit func(id gc.ID)
	visit = func(id gc.ID) {
		if n := g.Node(id); !kept[n] {
			kept[n] = true
			for e := range g.Edges(id) {
				visit(e.To)
			}
		}
	}
	for id := range gc.ID(g.Len()) {
		if g.Exists(id) && !m.Reached(id) && !set[g.Node(id)] {
			visit(id)
		}
	}
	return kept
}

// With writers at work, a collection removes the objects that are garbage both at its begin and at the deletion, except
// those that other objects keep. It changes nothing else.
func TestCollectionBesideWriters(t *testing.T) {
	removedInAll, spared, held, large, aborted := 0, 0, 0, 0, 0
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		kv := &interleaved{DB: memkv.New()}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var removed []gc.Node
		options := []metadata.DBOpt{
			metadata.WithClock(func() time.Time { return now }),
			metadata.WithRemoved(func(_ context.Context, nodes []gc.Node) { removed = slices.Clone(nodes) }),
		}
		if seed%5 == 4 {
			options = append(options, metadata.WithoutKeptGraph)
		}
		m := metadata.NewDB(kv, nil, nil, options...)
		must(m.Init(context.Background()))
		w := writer{r, m, kv.DB}
		for range 5 {
			for range r.IntN(3000) {
				w.act()
			}
			busy := []int{0, 3, 40, 300}[r.IntN(4)]
			kv.act, kv.first = func() {
				for range r.IntN(busy + 1) {
					w.act()
				}
			}, nil
			kv.failed = r.IntN(8) == 0
			removed = nil
			_, err := m.GarbageCollect(context.Background())
			kv.act = nil
			if kv.failed {
				if err == nil || len(removed) > 0 {
					t.Fatalf("seed %d: the commit failed: error %v, removed %v", seed, err, removed)
				}
				aborted++
				continue
			}
			must(err)
			before, after := plannedGarbage(*kv.first, now), plannedGarbage(kv.last, now)
			want := memkv.New()
			must(want.Update(func(tx *memkv.Tx) error {
				for name, e := range kv.last.All() {
					must(tx.PutBucket([]byte(name), e.Bucket()))
				}
				others := keptByOthers(kv.last, now, before)
				for n := range before {
					switch {
					case !after[n]:
						spared++
					case others[n]:
						held++
					default:
						continue
					}
					delete(before, n)
				}
				for _, n := range removed {
					if !before[n] {
						t.Fatalf("seed %d: %s was removed", seed, metadata.NodeName(n))
					}
				}
				if len(removed) != len(before) {
					t.Fatalf("seed %d: %d objects were removed, want %d", seed, len(removed), len(before))
				}
				return graph.Delete(tx, removed)
			}))
			if got, want := hashOf(kv.DB), hashOf(want); got != want {
				t.Fatalf("seed %d: the database differs from one with the same objects removed", seed)
			}
			removedInAll += len(removed)
			if len(removed) > 256 {
				large++
			}
		}
	}
	if removedInAll < 5000 || spared < 100 || held < 10 || large < 10 || aborted < 5 {
		t.Errorf("%d objects removed, %d spared, %d held by new garbage, %d large collections, %d failed ones", removedInAll, spared, held, large, aborted)
	}
}

func hashOf(db *memkv.DB) (h memkv.Hash) {
	must(db.View(func(tx *memkv.Tx) error { h = tx.Hash(); return nil }))
	return h
}

// A collection ends while writers always change more than it has followed.
func TestCollectionBesideFastWriters(t *testing.T) {
	kv := &interleaved{DB: memkv.New()}
	m := metadata.NewDB(kv, nil, nil)
	must(m.Init(t.Context()))
	ctx, is, states := namespaces.WithNamespace(t.Context(), "default"), metadata.NewImageStore(m), 0
	write := func() {
		if states++; states > 100 {
			return
		}
		for i := range 100 {
			target := ocispec.Descriptor{MediaType: "x", Digest: digest.FromString("x"), Size: 1}
			_, err := is.Create(ctx, images.Image{Name: fmt.Sprint(states, "-", i), Target: target})
			must(err)
		}
	}
	write()
	kv.act = write
	if _, err := m.GarbageCollect(t.Context()); err != nil || states > 100 {
		t.Errorf("%v; the collection looks at %d states", err, states)
	}
}

// The memory for changes since the last collection has a limit.
func TestChangesWithoutCollections(t *testing.T) {
	m := metadata.NewDB(memkv.New(), nil, nil)
	must(m.Init(t.Context()))
	_, err := m.GarbageCollect(t.Context())
	must(err)
	heap := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := heap()
	key := make([]byte, memkv.MaxKeySize)
	for range 3000 { // and twice as many changes, of 200 MB
		must(m.Update(func(tx *memkv.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("own"))
			must(err)
			must(b.Put(key, nil))
			return b.Delete(key)
		}))
	}
	if growth := heap() - before; growth > 100<<20 {
		t.Errorf("%d bytes more", growth)
	}
	runtime.KeepAlive(m)
}
