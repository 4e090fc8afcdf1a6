package graph_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/gc"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata/graph"
	"github.com/holdfast-gc/holdfast/metadata/rules"
	"github.com/holdfast-gc/holdfast/metadata/schema"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// An author writes random records: few names, many references, and times close to one another.
type author struct {
	*rand.Rand
	names int
}

func (a author) pick(from ...string) string { return from[a.IntN(len(from))] }

func (a author) time() time.Time { return start.Add(time.Duration(a.IntN(12)) * time.Minute) }

func (a author) name() string { return fmt.Sprintf("n%d", a.IntN(a.names)) }

// label returns a label that some kind obeys in some version, and its value.
func (a author) label() (key, value string) {
	switch a.IntN(14) {
	case 0:
		return "containerd.io/gc.root", ""
	case 12, 13:
		return "containerd.io/gc.cond.snapshot.native", fmt.Sprintf("usedat%s%dm|%s", a.pick("<", ">"), a.IntN(8), a.name())
	case 1:
		return "containerd.io/gc.expire", a.time().Format(time.RFC3339)
	case 2:
		return "containerd.io/gc.flat", ""
	case 3:
		return "containerd.io/gc.cond.value-usedat" + a.pick("", ".2"), a.time().Format(time.RFC3339)
	case 4, 5:
		term := fmt.Sprintf("usedat%s%dm", a.pick("<", ">"), a.IntN(8))
		return "containerd.io/gc.cond.snapshot." + a.pick("native", "overlayfs"), term + a.pick("", ",usedat<1m") + "|" + a.name()
	case 6, 7:
		return "containerd.io/gc.bref." + a.pick("container", "content", "image", "snapshot.native"), a.name()
	case 8:
		return "containerd.io/gc.ref.snapshot." + a.pick("native", "overlayfs") + a.pick("", "/x"), a.name()
	}
	return "containerd.io/gc.ref." + a.pick("content", "content.1", "image", "stream"), a.name()
}

// write makes some changes. They succeed unless the tree has another shape than the schema, which happens too.
func (a author) write(tx *memkv.Tx, changes int) {
	for range changes {
		k := schema.Kinds()[a.IntN(len(schema.Kinds()))]
		path := append([]string{schema.KeyVersion1, a.pick("default", "default", "other")}, k.Path...)
		if k.Scoped {
			path = append(path, a.pick("native", "overlayfs"))
		}
		if a.IntN(60) == 0 {
			path = path[:1+a.IntN(len(path))]
			if parent := tx.BucketAt(path[:len(path)-1]...); parent != nil {
				_ = parent.DeleteBucket([]byte(path[len(path)-1]))
			}
			continue
		}
		records := ensure(tx, path...)
		name := []byte(a.name())
		switch a.IntN(12) {
		case 0, 1, 2:
			_ = records.DeleteBucket(name)
			continue
		case 3:
			_ = records.SetSequence(a.Uint64N(3))
			continue
		case 4:
			_ = records.Put(name, nil)
			continue
		case 5:
			_ = records.Delete(name)
			continue
		case 6: // one label
			if r := records.Bucket(name); r != nil {
				labels, err := r.CreateBucketIfNotExists([]byte(schema.KeyLabels))
				must(err)
				key, value := a.label()
				must(labels.Put([]byte(key), []byte(value)))
			}
			continue
		}
		if _, err := records.CreateBucketIfNotExists(name); err != nil {
			continue // there is a value
		}
		must(records.PutBucket(name, a.record()))
	}
}

// record returns a record with references of all kinds: those that its kind does not have are without effect.
func (a author) record() memkv.Frozen {
	db := memkv.New()
	must(db.Update(func(tx *memkv.Tx) error {
		r := ensure(tx, "r")
		for range a.IntN(5) {
			key, value := a.label()
			must(ensure(tx, "r", schema.KeyLabels).Put([]byte(key), []byte(value)))
		}
		for _, key := range []string{schema.KeyParent, schema.KeyExpected, schema.KeySnapshotKey} {
			if a.IntN(2) == 0 {
				must(r.Put([]byte(key), []byte(a.name())))
			}
		}
		must(r.Put([]byte(schema.KeySnapshotter), []byte("native")))
		if a.IntN(2) == 0 {
			must(ensure(tx, "r", schema.KeyTarget).Put([]byte(schema.KeyDigest), []byte(a.name())))
		}
		if a.IntN(3) == 0 {
			at, err := schema.AppendTime(nil, a.time())
			must(err)
			must(r.Put([]byte(schema.KeyExpireAt), at))
		}
		for range a.IntN(4) {
			if a.IntN(2) == 0 {
				must(ensure(tx, "r", schema.KeySnapshots, a.pick("native", "overlayfs")).Put([]byte(a.name()), nil))
			} else {
				must(ensure(tx, "r", a.pick(schema.KeyContent, schema.KeyImages, schema.KeyIngests)).Put([]byte(a.name()), nil))
			}
		}
		return nil
	}))
	var record memkv.Frozen
	must(db.View(func(tx *memkv.Tx) error { record, _ = tx.FrozenAt("r"); return nil }))
	return record
}

func ensure(tx *memkv.Tx, path ...string) *memkv.Bucket {
	b := tx.Cursor().Bucket()
	for _, name := range path {
		child, err := b.CreateBucketIfNotExists([]byte(name))
		must(err)
		b = child
	}
	return b
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// garbage returns the garbage according to Plan, in the order of a Live graph.
func garbage(db memkv.Frozen, v rules.Version, now time.Time) []gc.Node {
	p, err := graph.Plan(db, graph.Options{Version: v, Now: now}, nil)
	must(err)
	return removedOf(p)
}

// A Live graph has the same garbage as Plan after any changes, at any time, also after transactions that were rolled
// back, and after other databases.
func TestLiveAgreesWithPlan(t *testing.T) {
	found, rebuilt := 0, 0
	for seed := range uint64(1000) {
		a := author{rand.New(rand.NewPCG(seed, 3)), 5}
		version := rules.Newest
		if a.IntN(3) == 0 {
			version = rules.Versions()[a.IntN(len(rules.Versions()))]
		}
		live, db := graph.NewLive(version), memkv.New()
		must(db.Update(func(tx *memkv.Tx) error { a.write(tx, a.IntN(60)); return nil }))
		for range 12 {
			now := a.time().Add(time.Duration(a.IntN(3)-1) * time.Nanosecond)
			must(db.View(func(tx *memkv.Tx) error {
				d, err := live.Follow(tx, now)
				must(err)
				if d.Rebuilt {
					rebuilt++
				}
				got, want := live.Garbage(), garbage(tx.Freeze(), version, now)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d, containerd %s: garbage %v, want %v", seed, version, got, want)
				}
				for _, n := range want {
					if !live.IsGarbage(n) {
						t.Fatalf("seed %d: IsGarbage(%v) is false", seed, n)
					}
				}
				found += len(want)
				return nil
			}))
			for range a.IntN(3) {
				_ = db.Update(func(tx *memkv.Tx) error {
					a.write(tx, a.IntN(8))
					if a.IntN(4) == 0 {
						return errors.New("rolled back")
					}
					return nil
				})
			}
			switch a.IntN(12) {
			case 0:
				db = db.Fork()
			case 1: // garbage goes without a trace in the journal
				must(db.Update(func(tx *memkv.Tx) error {
					_, err := live.Follow(tx, now)
					must(err)
					nodes := live.Garbage()
					must(graph.Delete(tx, nodes))
					live.Forget(nodes)
					return nil
				}))
			}
		}
		for _, namespace := range []string{"default", "other"} {
			_ = db.Update(func(tx *memkv.Tx) error { return ensure(tx, schema.KeyVersion1).DeleteBucket([]byte(namespace)) })
		}
		must(db.View(func(tx *memkv.Tx) error { _, err := live.Follow(tx, start); return err }))
		if live.Len()+live.Held() != 0 {
			t.Fatalf("seed %d: an empty database has %d nodes and %d entries", seed, live.Len(), live.Held())
		}
	}
	if found < 5000 || rebuilt > 4000 {
		t.Errorf("%d objects were garbage, and %d times the graph was read anew", found, rebuilt)
	}
}

// record writes a record with one value and one label.
func record(tx *memkv.Tx, path []string, key, value, label string) {
	at := func(more ...string) []string {
		return append(append([]string{schema.KeyVersion1, "default"}, path...), more...)
	}
	b := ensure(tx, at()...)
	switch {
	case key == schema.KeyTarget:
		must(ensure(tx, at(key)...).Put([]byte(schema.KeyDigest), []byte(value)))
	case key == schema.KeyImages, key == schema.KeyContent:
		must(ensure(tx, at(key)...).Put([]byte(value), nil))
	case key != "":
		must(b.Put([]byte(key), []byte(value)))
	}
	if label != "" {
		must(ensure(tx, at(schema.KeyLabels)...).Put([]byte(label), nil))
	}
}

// The first flat lease of a namespace changes the statements of records that have not changed, and of those that have
// changed in the same transaction.
func TestFirstFlatLease(t *testing.T) {
	db, live := memkv.New(), graph.NewLive(0)
	must(db.Update(func(tx *memkv.Tx) error {
		for _, n := range []string{"old", "new"} {
			record(tx, []string{schema.KeyContent, schema.KeyBlob, n}, "", "", "")
		}
		record(tx, []string{schema.KeyImages, "old"}, schema.KeyTarget, "old", "containerd.io/gc.expire")
		return nil
	}))
	follow := func() []gc.Node {
		var nodes []gc.Node
		must(db.View(func(tx *memkv.Tx) error {
			_, err := live.Follow(tx, start)
			must(err)
			nodes = live.Garbage()
			if want := garbage(tx.Freeze(), 0, start); !slices.Equal(nodes, want) {
				t.Errorf("garbage %v, want %v", nodes, want)
			}
			return nil
		}))
		return nodes
	}
	follow()
	must(db.Update(func(tx *memkv.Tx) error {
		images := ensure(tx, schema.KeyVersion1, "default", schema.KeyImages)
		must(images.Bucket([]byte("old")).Bucket([]byte(schema.KeyLabels)).Put([]byte("containerd.io/gc.expire"), []byte("2025-01-01T00:00:00Z")))
		return nil
	}))
	if n := len(follow()); n != 3 {
		t.Fatalf("%d objects are garbage, want 3", n)
	}
	must(db.Update(func(tx *memkv.Tx) error {
		record(tx, []string{schema.KeyLeases, "l"}, schema.KeyImages, "old", "containerd.io/gc.flat")
		record(tx, []string{schema.KeyLeases, "l"}, schema.KeyImages, "new", "")
		record(tx, []string{schema.KeyImages, "new"}, schema.KeyTarget, "new", "")
		must(ensure(tx, schema.KeyVersion1, "default", schema.KeyImages, "new", schema.KeyLabels).
			Put([]byte("containerd.io/gc.expire"), []byte("2025-01-01T00:00:00Z")))
		return nil
	}))
	if n := len(follow()); n != 0 {
		t.Errorf("%d objects are garbage beside a flat lease, want 0", n)
	}
}

// A database with a misplaced snapshot, or with a record that fails collections, cannot be followed. Without them it
// can.
func TestNotLive(t *testing.T) {
	for name, path := range map[string][]string{
		"misplaced": {schema.KeySnapshots, "a/b", "k"},
		"malformed": {schema.KeyContent, schema.KeyIngests, "r"},
	} {
		db, live := memkv.New(), graph.NewLive(0)
		follow := func() (graph.Delta, error) {
			var d graph.Delta
			return d, db.View(func(tx *memkv.Tx) (err error) { d, err = live.Follow(tx, start); return err })
		}
		fault := func(tx *memkv.Tx) error {
			record(tx, path, schema.KeyExpireAt, "no time", "")
			return nil
		}
		must(db.Update(fault))
		if _, err := follow(); !errors.Is(err, graph.ErrNotLive) {
			t.Errorf("%s: %v, want ErrNotLive", name, err)
		}
		must(db.Update(func(tx *memkv.Tx) error { return tx.DeleteBucket([]byte(schema.KeyVersion1)) }))
		if d, err := follow(); err != nil || !d.Rebuilt {
			t.Errorf("%s: %v, rebuilt %t", name, err, d.Rebuilt)
		}
		must(db.Update(func(tx *memkv.Tx) error {
			ensure(tx, append([]string{schema.KeyVersion1, "default"}, path[:2]...)...)
			return nil
		}))
		_, _ = follow()
		must(db.Update(fault))
		if _, err := follow(); !errors.Is(err, graph.ErrNotLive) {
			t.Errorf("%s, later: %v, want ErrNotLive", name, err)
		}
	}
}
